/**
 * One host of the rig: a cage (the power switch, outside) around a machine with its own pid, mount, ipc, uts and network namespace. Commands
 * run in it as an operator's would on its console: default paths, `kyha` in the path. machine.sh says what it has for itself.
 */
import { execFile, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ask } from '../../console/demo/power.js'
import { nativeDir, root } from '../../runtime/paths.js'
import { nsPath, run } from './net.js'

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Where every console's commands find node, whatever PATH the rig itself was started with. */
const path = `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${dirname(process.execPath)}`
const bootMsMax = 10_000
const commandMsMax = 60_000

export class Machine {
  readonly name: string
  /** What outlives its power: etc/, nginx/, state/; and, emptied at power-off, run/. */
  readonly dir: string
  /** Its kyhad's unix socket, as seen from outside. */
  readonly api: string
  readonly power: string
  readonly #lab: string
  readonly #links: number

  constructor(lab: string, labDir: string, name: string, links: number) {
    this.name = name
    this.dir = join(labDir, name)
    this.api = join(this.dir, 'run', 'api.sock')
    this.power = join(labDir, 'power', `${name}.sock`)
    this.#lab = lab
    this.#links = links
    for (const sub of ['etc', 'nginx', 'state', 'run', 'sbin']) mkdirSync(join(this.dir, sub), { recursive: true, mode: 0o755 })
    writeFileSync(join(this.dir, 'nginx', 'nginx.conf'), nginxConf(name))
    copyFileSync(join(nativeDir, 'fence_lab'), join(this.dir, 'sbin', 'fence_lab'))
  }

  /** Plugs it in: the cage and the machine start. Resolves when it has booted. `bare` = without `kyha` in the path. */
  async plugIn(bare = false): Promise<void> {
    const cage = [
      '--socket',
      this.power,
      '--name',
      this.name,
      '--pidns',
      '--wipe',
      join(this.dir, 'run'),
      '--log',
      join(this.dir, 'boot.log'),
    ]
    const links = Array.from({ length: this.#links }, (_, l) => `eth${l}`).join(',')
    const init = [join(root, 'test', 'rig', 'machine.sh'), this.name, this.dir, root, this.#lab, ...(bare ? ['bare'] : [])]
    const net = `--net=${nsPath(this.#lab, this.name)}`
    const env = { PATH: path, HOME: '/root', LANG: 'C.UTF-8' }
    spawn('nsenter', [net, join(nativeDir, 'cage'), ...cage, '--links', links, '--', '/bin/sh', ...init], {
      stdio: 'ignore',
      detached: true,
      cwd: '/',
      env,
    }).unref()
    await this.booted()
  }

  async booted(): Promise<void> {
    const end = performance.now() + bootMsMax
    while (!existsSync(`/proc/${this.#init()}/root/run/booted`)) {
      if (performance.now() > end) throw new Error(`${this.name} did not boot: ${readFileSync(join(this.dir, 'boot.log'), 'utf8')}`)
      await new Promise((r) => setTimeout(r, 10))
    }
  }

  /** Process 1 of the machine, as this pid namespace numbers it; 0 = off. */
  #init(): number {
    return existsSync(`${this.power}.pid`) ? Number(readFileSync(`${this.power}.pid`, 'utf8')) : 0
  }

  /** Runs a command line on its console. Never rejects: a machine without power answers -1. */
  run(command: string, msMax = commandMsMax): Promise<Said> {
    const enter = ['--target', String(this.#init()), '--mount', '--uts', '--ipc', '--net', '--pid', '--wd=/']
    // Into the machine's own control group first, as a login would be.
    const shell = `echo 0 2>/dev/null >"/sys/fs/cgroup/${this.#lab}/${this.name}/cgroup.procs"; exec /bin/sh -c "$0"`
    const env = { PATH: path, HOME: '/root', LANG: 'C.UTF-8' }
    return new Promise((resolve) =>
      execFile('nsenter', [...enter, '--', '/bin/sh', '-c', shell, command], { env, timeout: msMax, cwd: '/' }, (e, out, err) =>
        resolve({ code: e ? (typeof e.code === 'number' ? e.code : -1) : 0, out, err }),
      ),
    )
  }

  /** The same where nothing else than success will do: what it wrote on stdout. */
  async ok(command: string, msMax = commandMsMax): Promise<string> {
    const said = await this.run(command, msMax)
    if (said.code !== 0) throw new Error(`${this.name}: \`${command}\` ended with ${said.code}: ${said.err.trim() || said.out.trim()}`)
    return said.out
  }

  /** `kyha ...` as JSON. */
  async json<T>(words: string): Promise<T> {
    return JSON.parse(await this.ok(`kyha ${words} -o json`)) as T
  }

  async switch(verb: 'off' | 'on' | 'crash' | 'status' | 'quit'): Promise<string> {
    return (await ask(this.power, verb)) ?? 'no answer'
  }

  /** Its processes (as this pid namespace numbers them) whose command line matches. */
  pids(pattern: RegExp): number[] {
    const netns = statSync(nsPath(this.#lab, this.name)).ino
    return run('ps', ['-eo', 'pid=,args='])
      .split('\n')
      .map((line) => line.trim().match(/^(\d+) (.*)$/))
      .filter((m) => m !== null && pattern.test(m[2] as string))
      .map((m) => Number((m as RegExpMatchArray)[1]))
      .filter((pid) => inoOf(`/proc/${pid}/ns/net`) === netns)
  }

  kyhad(): number[] {
    return this.pids(/^\S*node( -\S+)* \S*dist\/runtime\/main\.js/)
  }
  guard(): number[] {
    return this.pids(/^\S*dist\/native\/guard /)
  }

  /** A file as the machine sees it; undefined where there is none, or no power. */
  look(file: string): string | undefined {
    try {
      return readFileSync(`/proc/${this.#init()}/root${file}`, 'utf8')
    } catch {
      return undefined // not there, or gone with the machine
    }
  }

  log(): string {
    return readFileSync(join(this.dir, 'state', 'node.log'), 'utf8')
  }
}

export function inoOf(file: string): number | undefined {
  try {
    return statSync(file).ino
  } catch {
    return undefined // the process ended meanwhile
  }
}

const nginxConf = (name: string): string => `worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events { worker_connections 512; }
http {
  access_log off;
  server { listen 80; listen [::]:80; location / { return 200 "owner ${name}\\n"; } }
}
`
