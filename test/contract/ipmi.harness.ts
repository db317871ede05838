/**
 * Other people's IPMI around ours: the simulator of OpenIPMI (`ipmi_sim`) as a BMC on a loopback port, with its chassis as two files in a folder;
 * `ipmitool` as the second opinion; and fence agents run as kyhad has them run: parameters on stdin, the environment of the host and nothing else.
 */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { presence } from 'node-ipmi'
import { type AgentDirs, hostEnv } from '../../agents/contract.js'
import { agentDir, fenceDir, nativeDir } from '../../runtime/paths.js'
import { freePort } from '../ports.js'

export interface Account {
  readonly port: number
  readonly username: string
  readonly password: string
}
export const PASSWORD = 'canary-secret'

const lan = (port: number, dir: string): string => `name "kyhasim"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "${join(dir, 'chassis.sh')} 0x20"
  user 1 true  ""        "test" user     10       none md2 md5 straight
  user 2 true  "admin"   "${PASSWORD}" admin    10       none md2 md5 straight
  user 3 true  "watcher" "${PASSWORD}" user     10       none md2 md5 straight
`
const commands = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
`
const chassis = `#!/bin/sh
cd "\${0%/*}" || exit 1
verb=$2; shift 2
while [ $# -gt 0 ]; do
  case $verb-$1 in
  get-power) read -r power <power; echo "power:$power" ;;
  get-*) echo "$1:0" ;;
  set-*) [ "$1" = power ] && echo "$2" >power; echo "$1 $2" >>orders; shift ;;
  esac
  shift
done
`

/** A BMC of OpenIPMI. */
export class Simulator {
  readonly username = 'admin'
  readonly password = PASSWORD
  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly child: ReturnType<typeof spawn>,
  ) {}

  static async start(): Promise<Simulator> {
    const dir = mkdtempSync(join(tmpdir(), 'kyha-ipmi-'))
    const port = await freePort()
    mkdirSync(join(dir, 'state'))
    for (const [name, text] of Object.entries({ 'lan.conf': lan(port, dir), commands, power: '1\n', 'chassis.sh': chassis }))
      writeFileSync(join(dir, name), text)
    chmodSync(join(dir, 'chassis.sh'), 0o755)
    const words = ['-c', join(dir, 'lan.conf'), '-f', join(dir, 'commands'), '-s', join(dir, 'state'), '-n']
    const child = spawn('ipmi_sim', words, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const out of [child.stdout, child.stderr])
      out.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-500)
      })
    const simulator = new Simulator(port, dir, child)
    for (let left = 200; ; left--) {
      const there = await presence('127.0.0.1', port, 2000).then(
        () => true,
        () => false,
      )
      if (there) return simulator
      if (left === 0 || child.exitCode !== null) throw new Error(`ipmi_sim does not start: ${said}`)
      await new Promise((r) => setTimeout(r, 50))
    }
  }
  /** What the machine behind it really is. */
  get power(): 'on' | 'off' {
    return readFileSync(join(this.dir, 'power'), 'utf8').trim() === '1' ? 'on' : 'off'
  }
  get orders(): readonly string[] {
    const file = join(this.dir, 'orders')
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  }
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.child.on('exit', () => {
        rmSync(this.dir, { recursive: true, force: true })
        resolve()
      })
      this.child.kill('SIGKILL')
    })
  }
}

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly ms: number
}
export function run(file: string, args: readonly string[], env: Readonly<Record<string, string>>, input = ''): Promise<Ran> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    let [out, err] = ['', '']
    child.stdout.on('data', (d) => {
      out += String(d)
    })
    child.stderr.on('data', (d) => {
      err += String(d)
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, out, err, ms: performance.now() - started }))
    child.stdin.on('error', () => undefined) // it may end before it reads
    child.stdin.end(input)
  })
}

export const dirs: AgentDirs = { ocfRoot: '/usr/lib/ocf', kyhaDir: agentDir, fenceDirs: ['/usr/sbin', fenceDir] }
export const environment = hostEnv({ ...dirs, runDir: tmpdir(), nativeDir, nodeProgram: process.execPath })
export const parametersOf = (a: Account): Readonly<Record<string, string>> => ({
  ip: '127.0.0.1',
  ipport: String(a.port),
  username: a.username,
  password: a.password,
})
const coverage = process.env['NODE_V8_COVERAGE']
/** A fence agent with its parameters on stdin. */
export const fence = (path: string, parameters: Readonly<Record<string, string>>): Promise<Ran> => {
  const lines = Object.entries(parameters).map(([k, v]) => `${k}=${v}\n`)
  return run(path, [], { ...environment, ...(coverage && { NODE_V8_COVERAGE: coverage }) }, lines.join(''))
}

/** What ipmitool says: the last line of its output. */
export async function ipmitool(a: Account, cipher: 3 | 17, ...words: string[]): Promise<string> {
  const place = ['-I', 'lanplus', '-H', '127.0.0.1', '-p', String(a.port), '-U', a.username, '-E', '-C', String(cipher)]
  const { out, err } = await run('ipmitool', [...place, ...words], { PATH: process.env['PATH'] ?? '', IPMI_PASSWORD: a.password })
  return (out.trim() || err.trim()).split('\n').at(-1) ?? ''
}
