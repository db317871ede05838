/** `npm run demo -- heal` and `status` against power switches that answer, and one that does not: real sockets, the real program. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../../runtime/paths.js'

const t = suite<{ dir: string; switches: Server[] }>('demo heal')
t.before.each((c) => {
  c.dir = mkdtempSync(join(tmpdir(), 'kyha-heal-'))
  c.switches = []
})
t.after.each(async ({ dir, switches }) => {
  await Promise.all(switches.map((s) => new Promise((resolve) => s.close(resolve))))
  rmSync(dir, { recursive: true, force: true })
})

type Says = Readonly<Record<string, string>>
/** A demo of nodes whose switches say what is given; undefined = nobody listens. */
async function demo(c: { dir: string; switches: Server[] }, nodes: Readonly<Record<string, Says | undefined>>): Promise<void> {
  for (const [name, says] of Object.entries(nodes)) {
    if (!says) continue
    const server = createServer((s) => s.on('data', (d) => s.end(`${says[d.toString().trim()] ?? 'fail unknown command'}\n`)))
    await new Promise<void>((resolve) => server.listen(join(c.dir, `${name}.power`), resolve))
    c.switches.push(server)
  }
  const list = Object.keys(nodes).map((name) => ({
    name,
    dir: join(c.dir, name),
    power: join(c.dir, `${name}.power`),
    api: join(c.dir, `${name}.api`),
  }))
  writeFileSync(join(c.dir, 'demo.json'), JSON.stringify({ nodes: list }))
}

const run = ({ dir }: { dir: string }, ...verb: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) =>
    execFile(
      process.execPath,
      [join(root, 'dist/console/demo/demo.js'), ...verb],
      { env: { ...process.env, KYHA_DEMO_DIR: dir } },
      (e, out, err) => resolve({ code: e ? Number(e.code) : 0, out, err }),
    ),
  )

t('all switches answer: what was off is turned on', async (c) => {
  await demo(c, { n1: { status: 'on' }, n2: { status: 'off', on: 'ok on' } })
  assert.equal(await run(c, 'heal'), { code: 0, out: 'power is on everywhere (n2 just now), all links are healed\n', err: '' })
})

t('a switch that does not answer is named, and so is one that could not turn its machine on', async (c) => {
  await demo(c, { n1: { status: 'on' }, n2: undefined, n3: { status: 'off', on: 'fail the machine cannot be started' } })
  const { code, out, err } = await run(c, 'heal')
  assert.equal([code, out], [1, ''])
  assert.match(err, /^n2: its power switch does not answer/)
  assert.match(err, /n3: its power switch says fail the machine cannot be started/)
  assert.not.match(err, /everywhere/)
})

t('no node answers: status -o json says what the switches say, and a machine that is on but silent is unknown', async (c) => {
  await demo(c, { n1: { status: 'off' }, n2: { status: 'off' }, n3: { status: 'off' } })
  const off = ['n1', 'n2', 'n3'].map((name) => ({ name, state: 'off' }))
  const got = await run(c, 'status', '-o', 'json')
  assert.equal([got.code, got.err, JSON.parse(got.out)], [0, '', { nodes: off, resources: [] }])
  const table = await run(c, 'status')
  assert.equal([table.code, table.out], [102, ''])
  assert.match(table.err, /^No node answers: `npm run demo -- heal`/)
})

t('one machine is on and does not answer: its state is unknown', async (c) => {
  await demo(c, { n1: { status: 'off' }, n2: { status: 'on' } })
  assert.equal(JSON.parse((await run(c, 'status', '-o', 'json')).out).nodes, [
    { name: 'n1', state: 'off' },
    { name: 'n2', state: 'unknown' },
  ])
})

t.run()
