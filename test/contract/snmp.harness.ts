/** Debian's `snmpd` as a power switch on a loopback port: a script behind it keeps the outlets of an APC rack PDU, for SNMP 1, 2c and 3. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import snmp from 'net-snmp'
import { freePort } from '../ports.js'

export const COMMUNITY = 'canary-community'
export const V3 = { username: 'admin', password: 'canary-password', snmp_priv_passwd: 'canary-privacy' }

const CONTROL = '.1.3.6.1.4.1.318.1.1.12.3.3.1.1.4'
const STATE = '.1.3.6.1.4.1.318.1.1.12.3.5.1.1.4'
/** One question a run: -g OID, -n OID, -s OID TYPE VALUE. */
const script = (dir: string): string => `#!/bin/sh
n=\${2##*.}
case $1 in
-g)
  [ -f ${dir}/outlet.$n ] || exit 0
  case $2 in
  ${STATE}.*|${CONTROL}.*) echo "$2"; echo integer; cat ${dir}/outlet.$n ;;
  esac ;;
-s)
  case $2 in
  ${CONTROL}.*) [ -f ${dir}/outlet.$n ] || { echo no-creation; exit 0; }
    case $4 in 1|2) echo "$4" >${dir}/outlet.$n ;; *) echo wrong-value; exit 0 ;; esac ;;
  *) echo not-writable ;;
  esac ;;
esac
`
const conf = (port: number, dir: string): string => `agentaddress udp:127.0.0.1:${port}
rwcommunity ${COMMUNITY} 127.0.0.1
rocommunity watcher 127.0.0.1
createUser ${V3.username} SHA-256 ${V3.password} AES ${V3.snmp_priv_passwd}
rwuser ${V3.username} authPriv
createUser watcher SHA-256 ${V3.password} AES ${V3.snmp_priv_passwd}
rouser watcher authPriv
pass .1.3.6.1.4.1.318.1.1.12.3 ${dir}/pdu
`

export class PowerSwitch {
  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly child: ReturnType<typeof spawn>,
  ) {}
  static async start(): Promise<PowerSwitch> {
    const dir = mkdtempSync(join(tmpdir(), 'kyha-snmp-'))
    const port = await freePort()
    const files = { pdu: script(dir), 'snmpd.conf': conf(port, dir), 'outlet.1': '1\n', 'outlet.2': '1\n' }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
    chmodSync(join(dir, 'pdu'), 0o755)
    const words = ['-f', '-C', '-c', join(dir, 'snmpd.conf'), '-Lo', '-I', '-smux', '-p', join(dir, 'pid')]
    const child = spawn('snmpd', words, {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SNMP_PERSISTENT_DIR: dir },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const out of [child.stdout, child.stderr])
      out.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-500)
      })
    for (let left = 100; !(await answers(port)); left--)
      if (left === 0 || child.exitCode !== null) throw new Error(`snmpd does not start: ${said}`)
    return new PowerSwitch(port, dir, child)
  }
  /** What the outlet really is. */
  power(outlet: number): 'on' | 'off' {
    return readFileSync(join(this.dir, `outlet.${outlet}`), 'utf8').trim() === '1' ? 'on' : 'off'
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

function answers(port: number): Promise<boolean> {
  const session = snmp.createSession('127.0.0.1', COMMUNITY, { port, version: snmp.Version2c, retries: 0, timeout: 200 })
  return new Promise((resolve) => {
    session.get(['1.3.6.1.2.1.1.3.0'], (e: Error | null) => {
      session.close()
      resolve(e === null)
    })
  })
}
