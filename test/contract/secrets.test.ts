/**
 * Two real nodes whose agents are given secrets and print all that they got, to both outputs, whether they succeed, fail or hang: resources on one node,
 * then the fencing of the other one. Nothing that the nodes wrote, keep, answer or show in a process list holds a value.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { StatusView } from '../../console/api/views.js'
import { type ApiError, call } from '../../console/cli/client.js'
import { type Demo, type DemoNode, layOut } from '../../console/demo/layout.js'
import { readNode } from '../../console/join/layout.js'
import { guardPid, startNode } from '../../console/join/local.js'
import { isRefusal } from '../../console/join/names.js'
import { root } from '../../runtime/paths.js'
import { when } from '../needs.js'
import { cannot } from './guard.harness.js'

const t = suite('secrets: a canary in two nodes')
const check = when(t, await cannot({}))
const dir = mkdtempSync(join(tmpdir(), 'kyha-canary-'))
/** What the agents themselves write down, and what they are: the only places where values may stand, besides the files of secrets. */
const [agents, seen] = [join(dir, 'agents'), join(dir, 'seen')]
const canaries = { db: 'canary-db-1~ü', later: 'canary-db-2 x', bmc: 'canary=bmc=3' } as const
let demo: Demo
const nodeAt = (i: number): DemoNode => demo.nodes[i] as DemoNode

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1200; i++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.unreachable(`never happened: ${what}\n${readFileSync(join(nodeAt(0).dir, 'state', 'node.log'), 'utf8').slice(-3000)}`)
}
const get = <T>(path: string): Promise<T> => call<T>({ socket: nodeAt(0).api }, path)
/** `kyha WORDS`, as a user runs it. */
function kyha(words: string, input = ''): string {
  const program = join(root, 'dist', 'console', 'cli', 'kyha.js')
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...words.split(' ')], { input, encoding: 'utf8' })
  assert.is(status, 0, stderr)
  return stdout
}
const saw = (name: string): string => (existsSync(join(seen, name)) ? readFileSync(join(seen, name), 'utf8') : '')
function script(path: string, lines: readonly string[]): void {
  writeFileSync(path, `#!/bin/sh\n${lines.join('\n')}\n`)
  chmodSync(path, 0o755)
}

function makeAgents(): void {
  for (const d of [join(agents, 'ocf', 'resource.d', 'test'), join(agents, 'fence'), seen]) mkdirSync(d, { recursive: true })
  script(join(agents, 'ocf', 'resource.d', 'test', 'canary'), [
    `R="${seen}/$OCF_RESOURCE_INSTANCE"`,
    '[ "$1" = meta-data ] && exit 3',
    'echo "$1 $OCF_RESKEY_password" >>"$R"',
    'env; env >&2; echo "ocf-exit-reason:$1 with $OCF_RESKEY_password" >&2',
    'case "$1 $OCF_RESKEY_mode" in',
    '"start fail") exit 1;;',
    '"start hang") echo $$ >"$R.pid"; sleep 600 & wait;;',
    'start*) touch "$R.up";;',
    'stop*) rm -f "$R.up";;',
    'monitor*) [ -e "$R.up" ] || exit 7;;',
    'esac',
    'exit 0',
  ])
  for (const [name, rc] of [
    ['fence_leak', 1],
    ['fence_tell', 0],
  ] as const)
    script(join(agents, 'fence', name), [`cat >"${seen}/${name}"`, `cat "${seen}/${name}"; cat "${seen}/${name}" >&2`, `exit ${rc}`])
}
const config = `apiVersion: kyha/v1
name: demo
properties: {fencing-enabled: true, fencing-action: off, start-failure-is-fatal: true}
resources:
  - {name: good, agent: 'ocf:test:canary', params: {password: '@secret:db'}, ops: {monitor: {interval: 1s, timeout: 20s}}}
  - {name: bad, agent: 'ocf:test:canary', params: {password: '@secret:db', mode: fail}}
  - {name: slow, agent: 'ocf:test:canary', params: {password: '@secret:db', mode: hang}, ops: {start: {timeout: 3s}}}
  - {name: gone, agent: 'ocf:test:canary', params: {password: '@secret:nowhere'}}
fencing:
  - {name: first, agent: fence_leak, level: 1, params: {passwd: '@secret:bmc'}, hosts: {n1: '', n2: ''}}
  - {name: second, agent: fence_leak, level: 2, params: {passwd: '@secret:nowhere'}, hosts: {n1: '', n2: ''}}
  - {name: third, agent: fence_tell, level: 3, params: {passwd: '@secret:bmc', note: 'x@secret:bmc'}, hosts: {n1: '', n2: ''}}
`

/** Every byte below `at` but for the places where values may stand. */
function written(at = dir): [path: string, text: string][] {
  return readdirSync(at, { withFileTypes: true }).flatMap((e): [string, string][] => {
    const path = join(at, e.name)
    if (path === agents || path === seen || e.name === 'secrets.json') return []
    return e.isDirectory() ? written(path) : e.isFile() ? [[path, readFileSync(path, 'utf8')]] : []
  })
}
const holds = (text: string): readonly string[] => Object.values(canaries).filter((value) => text.includes(value))
const clean = (all: readonly (readonly [string, string])[]): void => {
  for (const [where, text] of all) assert.equal(holds(text), [], where)
}
const commandLines = (): [string, string][] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid): [string, string][] => {
      try {
        return [[`/proc/${pid}/cmdline`, readFileSync(`/proc/${pid}/cmdline`, 'utf8')]]
      } catch {
        return [] // it ended meanwhile
      }
    })

/** What the node says when it is asked about everything. */
async function answers(): Promise<[string, string][]> {
  const actors = await get<{ answer: { path: string }[] }>('/runtime/actors')
  const inside = actors.answer.flatMap(({ path }) =>
    ['state', 'trace'].map((what) => `/runtime/actor/${what}?path=${encodeURIComponent(path)}`),
  )
  const names = ['good', 'bad', 'slow', 'gone'].flatMap((name) => [`/resources/${name}`, `/resources/${name}/explain`])
  const paths = ['/status', '/events', '/config', '/resources', '/fence', '/plan', '/nodes', '/runtime/actors', ...names, ...inside]
  const all: [string, string][] = []
  for (const path of paths) all.push([path, JSON.stringify(await get(path).catch((e: ApiError) => ({ refused: e.view })))])
  return all
}

t.before(async () => {
  makeAgents()
  demo = await layOut(join(dir, 'nodes'), 2)
  for (const n of demo.nodes) {
    const file = join(n.dir, 'node.json')
    const settings = JSON.parse(readFileSync(file, 'utf8'))
    settings.agents = { ocfRoot: join(agents, 'ocf'), kyha: [agents], fence: [join(agents, 'fence')] }
    writeFileSync(file, JSON.stringify(settings))
    const node = await readNode(n.dir)
    if (isRefusal(node)) throw new Error(node.because.key)
    const started = await startNode(node, n.dir)
    if (isRefusal(started)) throw new Error(JSON.stringify(started.because))
  }
  kyha(`secret set db --dir ${nodeAt(0).dir}`, `${canaries.db}\n`)
  kyha(`secret set bmc --dir ${nodeAt(0).dir}`, canaries.bmc)
})
t.after(() => {
  for (const n of demo.nodes) for (const what of ['guard', 'kyhad']) kill(n, what)
  for (const file of readdirSync(seen).filter((f) => f.endsWith('.pid'))) end(Number(saw(file)))
  rmSync(dir, { recursive: true, force: true })
})

const end = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}
/** The guard, or the kyhad, of one node. */
function kill(n: DemoNode, what: string): void {
  const runDir = join(n.dir, 'run')
  const pid = what === 'guard' ? guardPid(runDir) : Number(/^(\d+) /.exec(readFileSync(join(runDir, 'kyhad'), 'utf8'))?.[1])
  if (pid) end(pid)
}

check('plan says which secrets this node does not have', async () => {
  await until('a leader', async () => ((await get<StatusView>('/status')).leader ?? null) !== null)
  writeFileSync(join(dir, 'shop.yaml'), config)
  const plan = JSON.parse(kyha(`--socket ${nodeAt(0).api} config plan ${join(dir, 'shop.yaml')} -o json`))
  const missing = plan.warnings.filter((w: { key: string }) => w.key === 'secret.plan-missing')
  assert.equal(
    missing.map((w: { args: object }) => w.args),
    [{ node: 'n1', secret: 'nowhere', params: 'gone.password, second.passwd' }],
  )
  kyha(`--socket ${nodeAt(0).api} config apply ${join(dir, 'shop.yaml')}`)
})

check('agents are given the value, and run without it nowhere', async () => {
  await until('slow hangs', () => saw('slow.pid') !== '')
  const pid = Number(saw('slow.pid'))
  const environ = existsSync(`/proc/${pid}/environ`) ? readFileSync(`/proc/${pid}/environ`, 'utf8') : canaries.db
  assert.ok(environ.includes(canaries.db), 'an agent’s environment is where the value is')
  clean(commandLines())
  await until('good is monitored', () => saw('good').includes(`start ${canaries.db}\n`) && saw('good').endsWith(`monitor ${canaries.db}\n`))
  await until('bad failed', () => saw('bad').includes(`start ${canaries.db}\n`))
  await until('slow was killed', () => saw('slow').includes(`stop ${canaries.db}\n`))
  assert.not.match(saw('good') + saw('bad') + saw('slow'), /@secret/)
  assert.is(saw('gone'), '', 'one without its secret is not run')
  const gone = JSON.stringify(await get('/resources/gone'))
  assert.match(gone, /parameter password of gone names the secret nowhere, which n\d does not have: run `kyha secret set nowhere` on n\d/)
  assert.match(gone, /"rc":5|rc 5/)
})

check('a new value is given to the next operation, without a restart', async () => {
  kyha(`secret set db --dir ${nodeAt(0).dir}`, canaries.later)
  await until('the new value', () => saw('good').endsWith(`monitor ${canaries.later}\n`))
  assert.is(saw('good').match(/^start/gm)?.length, 1)
})

check('a machine is fenced: a device that lacks its secret is passed over, the next one is told the value', async () => {
  kill(nodeAt(1), 'guard')
  kill(nodeAt(1), 'kyhad')
  await until('n2 is fenced', async () => (await get<StatusView>('/status')).nodes.find((n) => n.name === 'n2')?.state === 'fenced')
  assert.match(saw('fence_leak'), new RegExp(`^passwd=${canaries.bmc}$`, 'm'))
  assert.match(saw('fence_tell'), new RegExp(`^note=x@secret:bmc\\npasswd=${canaries.bmc}$`, 'm'))
})

check('no value is in what the nodes wrote, keep, answer or show (S23)', async () => {
  const all = written()
  clean(all)
  clean(await answers())
  clean(commandLines())
  clean(['good', 'bad', 'slow', 'gone'].map((name) => [name, kyha(`--socket ${nodeAt(0).api} explain ${name}`)] as const))
  // It would have been there: names and asterisks are.
  const notes = all.filter(([path]) => path.includes('/run/notes/')).map(([, text]) => text)
  assert.ok(
    notes.some((text) => text.includes('@secret:db')),
    'the note of what runs holds names',
  )
  const log = readFileSync(join(nodeAt(0).dir, 'state', 'node.log'), 'utf8')
  assert.match(log, /start with \*{4}/, 'an exit reason that held the value')
  assert.ok(execFileSync('ls', ['-l', join(nodeAt(0).dir, 'tls', 'secrets.json')], { encoding: 'utf8' }).startsWith('-rw------- '))
})

t.run()
