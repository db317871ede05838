/** The real guard in a temporary directory: agents are shell scripts that write down what they do, kyhad is guard.kyhad.ts. */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { AgentDeath, AgentInventory, AgentResult } from '../../runtime/actor.js'
import { nativeDir } from '../../runtime/paths.js'
import type { Guard } from '../../runtime/ports.js'
import { type Behaviour, type GuardHarness, type Manager, until } from './guard.cases.js'

export const guardPath = join(nativeDir, 'guard')
const kyhadPath = join(dirname(fileURLToPath(import.meta.url)), 'guard.kyhad.js')
const NOBODY = 65534
/** For a look with other eyes, e.g. KYHA_TEST_WRAP='valgrind -q --log-file=/tmp/guard.%p': each guard is started by these words. */
const everyWrap = (process.env['KYHA_TEST_WRAP'] ?? '').split(' ').filter(Boolean)

export interface Options {
  readonly cgroup?: string
  readonly force?: string
  readonly unprivileged?: boolean
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A program that starts the guard's command line, which is added to it. */
  readonly wrap?: readonly string[]
  /** How this guard is to learn of deaths; a machine that cannot do it skips the variant. */
  readonly notice?: Guard['hello']['deathNotice']
}

const note = 'D=$(dirname "$(dirname "$0")")\nR=$(printf %s "$KYHA_RESOURCE" | tr / _)\n'
const daemon = (prefix: string, tail: string): string =>
  `rm -f "$D/$R.up"\n(${prefix} setsid sh -c 'echo $$ >>"$0/$1.pids"; : >"$0/$1.up"; ${tail}' "$D" "$R" &)\nwhile [ ! -e "$D/$R.up" ]; do sleep 0.01; done\n`
const quiet = (prefix: string): string => daemon(prefix, 'exec >/dev/null 2>&1; exec sleep 600')
const hang = 'echo $$ >>"$D/$R.pids"\nsleep 600 & echo $! >>"$D/$R.pids"\nwhile :; do wait; sleep 0.05; done\n'
const scripts: Readonly<Record<Behaviour, string>> = {
  ok: 'exit 0\n',
  rc7: 'exit 7\n',
  hang,
  stubborn: `trap '' TERM\n${hang}`,
  daemon: quiet(''),
  nameless: quiet('env -i PATH="$PATH"'),
  chatty: daemon('', 'while :; do echo noise; sleep 0.02; done'),
  mute: 'exec >&- 2>&-\nsleep 0.1\nexit 3\n',
  print: 'head -c 102400 /dev/zero | tr "\\0" a; echo END\n(head -c 20480 /dev/zero | tr "\\0" b; echo END) >&2\n',
  env: 'env\n',
  stdin: 'cat\n',
  pair: daemon('', 'exec >/dev/null 2>&1; sleep 600 & echo $! >>"$0/$1.pids"; wait; exec sleep 600'),
  'daemon-hang': `${quiet('')}${hang}`,
}

/** One life of kyhad, as the test sees it. */
export class Life implements Manager {
  hello!: Guard['hello']
  pid = 0
  gone = false
  readonly events: { event: string; value: unknown }[] = []
  readonly guard = {
    run: (...args: Parameters<Guard['run']>) => this.call('run', ...args),
    kill: (...args: Parameters<Guard['kill']>) => this.call('kill', ...args),
    ack: (...args: Parameters<Guard['ack']>) => this.call('ack', ...args),
    raise: (...args: Parameters<Guard['raise']>) => this.call('raise', ...args),
    note: (...args: Parameters<Guard['note']>) => this.call('note', ...args),
    lease: (ms: number, agoMs: number) => this.call('lease', ms, agoMs),
    endLife: () => this.call('endLife'),
  }

  constructor(readonly socket: Socket) {
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.gone = true
    })
    const lines = createInterface(socket)
    lines.on('error', () => undefined)
    lines.on('line', (line) => {
      const heard = JSON.parse(line) as { event: string; value: unknown }
      this.events.push(heard)
      if (heard.event !== 'hello') return
      const { hello, pid } = heard.value as { hello: Guard['hello']; pid: number }
      this.hello = hello
      this.pid = pid
    })
  }

  call(call: string, ...args: unknown[]): void {
    const bytes = (_: string, v: unknown): unknown =>
      typeof v === 'object' && v !== null && 'type' in v && v.type === 'Buffer' && 'data' in v
        ? { $: Buffer.from(v.data as number[]).toString('base64') }
        : v
    this.socket.write(`${JSON.stringify({ call, args }, bytes)}\n`)
  }
  all<T>(event: string): T[] {
    return this.events.filter((e) => e.event === event).map((e) => e.value as T)
  }
  async #one<T>(event: string, wanted: (value: T) => boolean): Promise<T> {
    await until(`${event} (guard said: ${JSON.stringify(this.events.slice(-3))})`, () => this.all<T>(event).some(wanted))
    return this.all<T>(event).filter(wanted).at(-1) as T
  }
  result = (id: string): Promise<AgentResult> => this.#one('result', (r: AgentResult) => r.id === id)
  results = (id: string): number => this.all<AgentResult>('result').filter((r) => r.id === id).length
  death = (resource: string): Promise<AgentDeath> => this.#one('death', (d: AgentDeath) => d.resource === resource)
  deaths = (resource: string): number => this.all<AgentDeath>('death').filter((d) => d.resource === resource).length
  leases = (): string[] => this.all<string>('lease')
  async list(): Promise<AgentInventory> {
    const before = this.all('inventory').length
    this.call('list')
    await until('inventory', () => this.all('inventory').length > before)
    return this.all<AgentInventory>('inventory').at(-1) as AgentInventory
  }
}

export const alive = (pid: number): boolean => {
  try {
    return !/^\S+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
export const end = (pid: number, signal: NodeJS.Signals = 'SIGKILL'): void => {
  if (alive(pid)) process.kill(pid, signal)
}

export class RealGuard implements GuardHarness {
  readonly dir = mkdtempSync(join(tmpdir(), 'kyha-guard-'))
  readonly lives: Life[] = []
  readonly stranger = join(this.dir, 'stranger')
  guard!: ChildProcess
  /** What the guards said on stderr. */
  said = ''
  exit: number | null | undefined
  #server!: Server

  constructor(readonly options: Options = {}) {
    mkdirSync(join(this.dir, 'agents'))
    for (const [name, body] of Object.entries(scripts))
      this.script(join(this.dir, 'agents', name), `${note}echo run >>"$D/$R.runs"\n${body}`)
    this.script(this.stranger, 'exit 0\n')
    if (!options.unprivileged) return
    for (const path of [this.dir, join(this.dir, 'agents')]) chownSync(path, NOBODY, NOBODY)
  }

  script(path: string, body: string): void {
    writeFileSync(path, `#!/bin/sh\n${body}`)
    chmodSync(path, 0o755)
  }

  async open(): Promise<Life> {
    const socket = join(this.dir, 'test.sock')
    this.#server = createServer((s) => this.lives.push(new Life(s)))
    await new Promise<void>((resolve) => this.#server.listen(socket, resolve))
    chmodSync(socket, 0o777)
    this.launch()
    return this.life(1)
  }

  launch(): void {
    const { cgroup = 'auto', force = '', unprivileged = false, args = [], env = {}, wrap = everyWrap } = this.options
    const dirs = ['--run', join(this.dir, 'run'), '--state', join(this.dir, 'state'), '--agents', join(this.dir, 'agents')]
    const [file = '', ...line] = [...wrap, guardPath, ...dirs, '--cgroup', cgroup, ...args, '--', process.execPath, kyhadPath]
    const child = spawn(file, line, {
      env: { ...process.env, KYHA_TEST_SOCKET: join(this.dir, 'test.sock'), KYHA_GUARD_FORCE: force, NODE_V8_COVERAGE: undefined, ...env },
      stdio: ['ignore', 'inherit', 'pipe'],
      ...(unprivileged ? { uid: NOBODY, gid: NOBODY } : {}),
    })
    this.exit = undefined
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text
    })
    child.on('exit', (code) => {
      if (this.guard === child) this.exit = code
    })
    this.guard = child
  }

  /** The n-th life of kyhad, once it has greeted the guard. */
  async life(nth: number): Promise<Life> {
    await until(`life ${nth} of kyhad; the guard said: ${this.said}`, () => (this.lives[nth - 1]?.pid ?? 0) > 0)
    return this.lives[nth - 1] as Life
  }

  manager(): Life {
    return this.lives.at(-1) as Life
  }
  agent(behaviour: Behaviour): string {
    return join(this.dir, 'agents', behaviour)
  }
  #lines(resource: string, what: string): string[] {
    const path = join(this.dir, `${resource.replaceAll('/', '_')}.${what}`)
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
  }
  running(resource: string): number {
    return this.#lines(resource, 'pids').filter((pid) => alive(Number(pid))).length
  }
  started(resource: string): number {
    return this.#lines(resource, 'runs').length
  }
  killOne(resource: string, which: 'first' | 'last' = 'first'): void {
    const pid = this.#lines(resource, 'pids')
      .map(Number)
      .filter(alive)
      .at(which === 'first' ? 0 : -1)
    if (pid) end(pid)
  }
  async crashManager(): Promise<Life> {
    end(this.manager().pid)
    return this.life(this.lives.length + 1)
  }
  async crashGuard(): Promise<Life> {
    const next = this.lives.length + 1
    this.guard.kill('SIGKILL')
    await until('the guard is dead', () => this.exit !== undefined)
    this.launch()
    return this.life(next)
  }

  /** Everything ends: kyhad, guard, what agents left, directories. */
  async close(): Promise<void> {
    this.guard.kill('SIGQUIT')
    const files = readdirSync(this.dir).filter((name) => name.endsWith('.pids'))
    const pids = files.flatMap((file) => readFileSync(join(this.dir, file), 'utf8').split('\n').filter(Boolean).map(Number))
    for (const pid of pids) end(pid)
    await until('the guard ends', () => this.exit !== undefined)
    await until('nothing runs', () => !pids.some(alive))
    for (const life of this.lives) end(life.pid)
    this.#server.close()
    for (const life of this.lives) life.socket.destroy()
    for (const kind of ['containment2', 'containment1'])
      if (existsSync(join(this.dir, 'run', kind))) dropTree(readFileSync(join(this.dir, 'run', kind), 'utf8'))
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** A cgroup tree whose processes have been killed; the kernel's files in it go with their directory. */
function dropTree(path: string): void {
  if (!existsSync(path)) return
  for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) dropTree(join(path, entry.name))
  rmdirSync(path)
}

/** Why a variant cannot run on this machine, or nothing. */
export async function cannot(options: Options): Promise<string | undefined> {
  if (!existsSync(guardPath)) return 'the guard is not built (npm run build)'
  if (options.unprivileged && process.getuid?.() !== 0) return 'only root can start a guard of another user'
  const containment = await noContainment(options)
  return containment ?? (options.notice === undefined ? undefined : noNotice(options))
}

async function noNotice(options: Options): Promise<string | undefined> {
  const guard = new RealGuard(options)
  const got = (await guard.open()).hello.deathNotice
  await guard.close()
  return got === options.notice ? undefined : `notice of deaths by ${options.notice} is not possible here, only by ${got}`
}

async function noContainment(options: Options): Promise<string | undefined> {
  if (options.cgroup === undefined || options.cgroup === 'subreaper') return undefined
  const dir = mkdtempSync(join(tmpdir(), 'kyha-guard-'))
  const args = [
    '--run',
    join(dir, 'run'),
    '--state',
    join(dir, 'state'),
    '--cgroup',
    options.cgroup,
    '--',
    '/bin/sh',
    '-c',
    'kill -QUIT $PPID',
  ]
  const code = await new Promise((resolve) => spawn(guardPath, args, { stdio: 'ignore' }).on('exit', resolve))
  rmSync(dir, { recursive: true, force: true })
  return code === 4 ? `containment ${options.cgroup} is not possible here` : undefined
}
