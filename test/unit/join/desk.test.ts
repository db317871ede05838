/** Joining over real TLS between two ends in one process: who comes in, who does not, and what stays secret. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ApiError } from '../../../console/cli/client.js'
import { joinCluster } from '../../../console/join/client.js'
import type { CodeView } from '../../../console/join/desk.js'
import { caKeyFile, nodeFile, readNode } from '../../../console/join/layout.js'
import { isRefusal } from '../../../console/join/names.js'
import { joiningFile, readJoining } from '../../../runtime/config/joining.js'
import { checkIdentity } from '../../../runtime/wire/identity.js'
import { decodeJoinCode, encodeJoinCode, type JoinCode } from '../../../runtime/wire/joincode.js'
import { Bench, keyOf, wishes, word } from './bench.js'

const t = suite<{ bench: Bench }>('join desk')
t.before.each((c) => {
  c.bench = new Bench()
})
t.after.each((c) => c.bench.end())

const codeOf = (given: CodeView | object): JoinCode => {
  const code = decodeJoinCode((given as CodeView).code)
  if (isRefusal(code)) throw new Error(code.because.key)
  return code
}
/** The refusal's key; for what the other end said, its error code. */
async function attempt(bench: Bench, code: JoinCode, node = 'n2', address = '127.0.0.2', home = node): Promise<string> {
  const links = [{ address, port: 5407 }]
  const options = { code, node, links, places: bench.places(home), wishes, force: false, nowMs: Date.now() }
  try {
    return keyOf(await joinCluster(options))
  } catch (e) {
    if (e instanceof ApiError) return e.view.code
    throw e
  }
}

t('[C9] a host joins with the code: certificate, key, members, and a place without a vote', async ({ bench }) => {
  const { desk, fake, node } = await bench.cluster()
  assert.is(await attempt(bench, codeOf(await desk.give({ votes: 1 }))), 'taken')
  const own = await readNode(bench.places('n2').dir)
  if (isRefusal(own)) return assert.unreachable(JSON.stringify(own.because))
  assert.equal(own.genesis, [], 'its log starts empty')
  assert.is(own.cluster.id, node.cluster.id)
  const tls = (f: string): string => readFileSync(f, 'utf8')
  const identity = checkIdentity({ ca: tls(own.tls.ca), cert: tls(own.tls.cert), key: tls(own.tls.key) }, own.node.id, Date.now())
  assert.is(word(identity), 'taken')
  assert.is(tls(own.keyFile), tls(node.keyFile), 'both have the same cluster key')
  assert.not.ok(existsSync(caKeyFile(bench.places('n2').dir)), 'the CA key stays where it was')
  assert.equal(fake.votes(), { n1: 1, n2: 0 })
  assert.equal(readJoining(own.stateDir)?.votes, 1)
  assert.equal(
    readJoining(own.stateDir)
      ?.members.map((m) => m.name)
      .sort(),
    ['n1', 'n2'],
  )
  assert.ok(existsSync(joiningFile(own.stateDir)))
})

t('a code is good once, and the door closes after it', async ({ bench }) => {
  const { desk, fake } = await bench.cluster()
  const [one, two] = [codeOf(await desk.give()), codeOf(await desk.give())]
  assert.is(await attempt(bench, one), 'taken')
  assert.is(await attempt(bench, one, 'n3', '127.0.0.3'), 'join-code-unknown')
  assert.is(await attempt(bench, two, 'n4', '127.0.0.4'), 'taken')
  assert.is(await attempt(bench, two, 'n5', '127.0.0.5'), 'cli.join-unreachable')
  assert.equal(fake.votes(), { n1: 1, n2: 0, n4: 0 })
  assert.not.ok(existsSync(nodeFile(bench.places('n3').dir)), 'nothing was written for the one that was refused')
})

t('an expired code is refused by the clock of its maker', async ({ bench }) => {
  let now = Date.now()
  const { desk, fake } = await bench.cluster('n1', () => now)
  const code = codeOf(await desk.give({ lifeMs: 60_000 }))
  await desk.give({ lifeMs: 3_600_000 }) // keeps the door open
  now += 61_000
  assert.is(await attempt(bench, code), 'join-code-expired')
  assert.equal(fake.votes(), { n1: 1 })
})

t('five wrong secrets withdraw all codes', async ({ bench }) => {
  const { desk } = await bench.cluster()
  const code = codeOf(await desk.give())
  const wrong = { ...code, secret: '0'.repeat(32) }
  for (let i = 0; i < 4; i++) assert.is(await attempt(bench, wrong), 'join-code-unknown')
  assert.is(await attempt(bench, wrong), 'join-code-void')
  assert.equal(desk.list(), [])
  assert.is(await attempt(bench, code), 'cli.join-unreachable')
})

t('who is not the cluster of the code learns nothing', async ({ bench }) => {
  const { desk } = await bench.cluster('n1')
  const other = await bench.cluster('m1')
  const code = codeOf(await desk.give())
  const theirs = codeOf(await other.desk.give())
  let heard = ''
  // The other cluster's desk answers at the address of our code: another CA.
  assert.is(await attempt(bench, { ...code, port: theirs.port }), 'cli.join-impostor')
  // The right CA certificate shown by somebody who holds no certificate of it.
  const greeting = {
    protocol: 1,
    cluster: code.cluster,
    name: 'shop',
    ca: readFileSync(`${bench.places('n1').dir}/tls/ca.pem`, 'utf8'),
    nonce: '0'.repeat(64),
  }
  const thief = await new Promise<Server>((resolve) => {
    const cert = readFileSync(`${bench.places('m1').dir}/tls/node.pem`)
    const server = createServer({ cert, key: readFileSync(`${bench.places('m1').dir}/tls/node.key`) }, (socket) => {
      socket.on('data', (d) => (heard += d.toString()))
      socket.on('error', () => undefined)
      socket.write(`${JSON.stringify(greeting)}\n`)
    })
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
  const { port } = thief.address() as { port: number }
  assert.is(await attempt(bench, { ...code, port }), 'cli.join-impostor')
  thief.close()
  assert.is(heard, '', 'not a byte was sent to it')
})

t('a code of a foreign cluster with our CA in it is refused', async ({ bench }) => {
  const { desk } = await bench.cluster()
  const code = codeOf(await desk.give())
  const foreign = { ...code, cluster: 'c0000000-0000-4000-8000-00000000000f' as JoinCode['cluster'] }
  assert.is(await attempt(bench, foreign), 'wire.join-code-cluster')
})

t('what does not fit is refused, and the code stays good', async ({ bench }) => {
  const { desk, fake } = await bench.cluster()
  const code = codeOf(await desk.give({ name: 'n2' }))
  assert.is(await attempt(bench, code, 'n3'), 'invalid', 'another name than the code was made for')
  assert.is(await attempt(bench, code, 'n2', '127.0.0.1'), 'exists', 'the address of a member')
  assert.is(await attempt(bench, code), 'taken')
  const again = codeOf(await desk.give())
  assert.is(await attempt(bench, again, 'n1', '127.0.0.9', 'n9'), 'exists', 'the name of a member')
  assert.is(keyOf(await desk.give({ name: 'n2' })), 'cli.member-name')
  assert.equal(fake.votes(), { n1: 1, n2: 0 })
})

t('a cluster without quorum gives the code back', async ({ bench }) => {
  const { desk, fake } = await bench.cluster()
  const code = codeOf(await desk.give())
  const propose = fake.propose.bind(fake)
  fake.propose = () => Promise.resolve({ code: 'no-quorum', args: {} })
  assert.is(await attempt(bench, code), 'no-quorum')
  assert.not.ok(existsSync(nodeFile(bench.places('n2').dir)))
  fake.propose = propose
  assert.is(await attempt(bench, code), 'taken')
})

t('a node without the CA key says which node to use', async ({ bench }) => {
  const { desk, places } = await bench.cluster()
  rmSync(caKeyFile(places.dir))
  assert.is(keyOf(await desk.give()), 'cli.no-ca-key')
})

t('garbage, silence and half a line are closed without an answer and cost nobody a code', async ({ bench }) => {
  const { desk } = await bench.cluster()
  const code = codeOf(await desk.give())
  const { connect } = await import('node:tls')
  for (const bytes of ['garbage\n', '{"nonce":1}\n', `${'x'.repeat(70_000)}\n`]) {
    await new Promise<void>((resolve) => {
      const socket = connect({ host: code.address, port: code.port, rejectUnauthorized: false }, () => socket.write(bytes))
      socket.on('data', () => undefined)
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
    })
  }
  assert.is(await attempt(bench, code), 'taken')
})

t('at most eight codes are open', async ({ bench }) => {
  const { desk } = await bench.cluster()
  for (let i = 0; i < 8; i++) assert.is(word(await desk.give()), 'taken')
  assert.is(keyOf(await desk.give()), 'cli.codes-full')
  desk.withdraw()
  assert.is(word(await desk.give()), 'taken')
  assert.not.match(JSON.stringify(desk.list()), /secret/)
})

t('the code text survives the way over paper', async ({ bench }) => {
  const { desk } = await bench.cluster()
  const code = codeOf(await desk.give())
  assert.equal(decodeJoinCode(encodeJoinCode(code).toLowerCase().replaceAll('-', ' ')), code)
})

t.run()
