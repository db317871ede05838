/**
 * Hostile bytes at the guard's two doors (kyhad's socket, the shell's) and in its files: it closes the connection, refuses or drops with a sentence,
 * and goes on; it never ends by a signal, and nothing runs that was not ordered. FUZZ_RUNS raises the number.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encode, type Field, Tag, Verb } from '../../runtime/guard/protocol.js'
import { token } from '../../runtime/ids.js'
import { type Random, seeded } from '../../runtime/random.js'
import { when } from '../needs.js'
import { op, startDaemon, until } from './guard.cases.js'
import { cannot, guardPath, RealGuard } from './guard.harness.js'

const runs = Number(process.env['FUZZ_RUNS'] ?? 60)
const t = suite('guard: hostile bytes')
const check = when(t, await cannot({}))
const opened: RealGuard[] = []
t.after.each(async () => {
  for (const one of opened.splice(0)) await one.close()
})
async function open(): Promise<RealGuard> {
  const g = new RealGuard({ cgroup: 'subreaper' })
  opened.push(g)
  await g.open()
  return g
}

const bytes = (r: Random, length: number): Buffer => Buffer.from(Array.from({ length }, () => r.int(256)))
/** A frame that is nearly right: known verb and tags, wild values, then a few bytes changed. */
function frame(r: Random): Buffer {
  const tags = Object.values(Tag)
  const fields = Array.from({ length: r.int(12) }, (): Field => {
    const tag = tags[r.int(tags.length)] ?? 1
    const kind = r.int(4)
    return [tag, kind === 0 ? r.int(2 ** 31) : kind === 1 ? 'x'.repeat(r.int(300)) : kind === 2 ? bytes(r, r.int(40)) : bytes(r, 8)]
  })
  const verbs = Object.values(Verb).filter((v) => v !== Verb.leave && v !== Verb.endLife) // they do what they say
  const any = r.int(256)
  const raw = encode(r.int(8) === 0 && any !== Verb.endLife ? any : (verbs[r.int(verbs.length)] ?? 1), fields)
  for (let i = r.int(3); i > 0; i--) raw.writeUInt8(r.int(256), r.int(raw.length))
  return raw.subarray(0, r.int(6) === 0 ? r.int(raw.length) : raw.length)
}

check('kyhad’s socket', async () => {
  const r = seeded('20')
  const g = await open()
  await startDaemon(g, 'svc')
  for (let i = 0; i < runs; i++) {
    const lives = g.lives.length
    g.manager().call('leave', 'restart') // an end that does not count
    g.manager().call('raw', Buffer.concat(Array.from({ length: 1 + r.int(4) }, () => frame(r))))
    g.manager().call('exit', 0)
    await g.life(lives + 1)
  }
  assert.is(g.exit, undefined)
  assert.is(g.running('svc'), 1)
  const names = (await g.manager().list()).resources.map((x) => x.resource)
  assert.ok(names.includes('svc' as never))
  assert.is(readdirSync(g.dir).filter((f) => f.endsWith('.runs')).length, 1, 'nothing but the ordered service ran')
})

check('the shell’s socket', async () => {
  const r = seeded('21')
  const g = await open()
  const door = join(g.dir, 'run', 'shell.sock')
  await Promise.all(
    Array.from({ length: runs }, () => {
      const what = bytes(r, r.int(5000))
      const rude = r.int(2) === 0
      return new Promise<void>((resolve) => {
        const s = connect(door, () => (rude ? s.write(what, () => s.destroy()) : s.end(what)))
        s.on('error', () => undefined)
        s.on('data', () => undefined)
        s.on('close', () => resolve())
      })
    }),
  )
  await g.manager().list()
  assert.is(g.exit, undefined)
})

check('the run directory: every file of it changed, the next guard starts or says what to do', async () => {
  const r = seeded('22')
  const g = await open()
  const run = join(g.dir, 'run')
  await startDaemon(g, 'svc')
  for (let i = 0; i < Math.ceil(runs / 4); i++) {
    const o = op(g, `r${i}`, 'monitor', 'ok')
    g.manager().guard.run(o, token(1))
    await g.manager().result(o.id)
    g.guard.kill('SIGKILL')
    await until('it is dead', () => g.exit !== undefined)
    const files = readdirSync(run, { withFileTypes: true, recursive: true }).filter((f) => f.isFile())
    for (const file of files) {
      const path = join(file.parentPath, file.name)
      if (r.int(2) === 0 || ['lock', 'kyhad'].includes(file.name)) continue
      const now = readFileSync(path)
      const next = r.int(3) === 0 ? bytes(r, r.int(3000)) : Buffer.from(now)
      for (let k = r.int(4); k > 0 && next.length > 0; k--) next.writeUInt8(r.int(256), r.int(next.length))
      writeFileSync(path, next)
    }
    const lives = g.lives.length
    g.launch()
    await g.life(lives + 1)
  }
  assert.is(g.running('svc'), 1)
})

check('the token file: any byte of it changed is noticed, or changes nothing', async () => {
  const r = seeded('23')
  const g = await open()
  for (let i = 0; i < 5; i++) g.manager().guard.raise(`r${i}` as never, token(100 + i))
  await g.manager().list()
  g.guard.kill('SIGKILL')
  await until('it is dead', () => g.exit !== undefined)
  const file = join(g.dir, 'state', 'tokens')
  const good = readFileSync(file)
  for (let i = 0; i < runs; i++) {
    const bad = Buffer.from(good)
    bad.writeUInt8((bad[i * 23] ?? 0) ^ (1 + r.int(255)), i * 23)
    writeFileSync(file, bad)
    const args = ['--run', join(g.dir, 'run'), '--state', join(g.dir, 'state'), '--', '/bin/sh', '-c', 'kill -QUIT $PPID; sleep 1']
    const { status, signal, stderr } = spawnSync(guardPath, args, { encoding: 'utf8' })
    assert.is(signal, null)
    assert.ok(status === 0 || status === 4, `${status}: ${stderr}`)
    if (status === 4) assert.match(stderr, /damaged/)
  }
  writeFileSync(file, good)
  g.launch()
  const rows = (await (await g.life(2)).list()).resources
  assert.equal(
    rows.map((x) => x.token),
    [100, 101, 102, 103, 104],
  )
})

t.run()
