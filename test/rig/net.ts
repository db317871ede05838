/**
 * The rig's wiring: one network namespace per host, one for the switch with a bridge per link, one for the client. Every name starts
 * with the lab's prefix, every address lies in 10.<net>.<link>.0/24, and nothing outside the namespaces is touched. Needs root.
 */
import { execFileSync } from 'node:child_process'

export interface Wiring {
  readonly lab: string
  readonly net: number
  readonly hosts: readonly string[]
  readonly links: number
}

export const nsOf = (w: Wiring, host: string): string => `${w.lab}-${host}`
export const addressOf = (w: Wiring, host: string, link: number): string => `10.${w.net}.${link + 1}.${w.hosts.indexOf(host) + 1}`
/** The switch's port of a host on a link. Names are at most 15 bytes. */
const portOf = (host: string, link: number): string => `${host}-p${link}`
export const clientAddress = (w: Wiring, link: number): string => `10.${w.net}.${link + 1}.250`

export function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args as string[], { stdio: ['ignore', 'pipe', 'pipe'] }).toString()
}
const ip = (...args: string[]): string => run('ip', args)
const inSwitch = (w: Wiring, ...args: string[]): string => run('ip', ['netns', 'exec', `${w.lab}-sw`, ...args])

function plug(w: Wiring, host: string, link: number, address: string): void {
  const ns = nsOf(w, host)
  ip('-n', `${w.lab}-sw`, 'link', 'add', portOf(host, link), 'type', 'veth', 'peer', 'name', `eth${link}`, 'netns', ns)
  ip('-n', `${w.lab}-sw`, 'link', 'set', portOf(host, link), 'master', `br${link}`, 'up')
  ip('-n', ns, 'link', 'set', `eth${link}`, 'up')
  ip('-n', ns, 'addr', 'add', `${address}/24`, 'dev', `eth${link}`)
}

export function wire(w: Wiring): void {
  ip('netns', 'add', `${w.lab}-sw`)
  for (let l = 0; l < w.links; l++) {
    ip('-n', `${w.lab}-sw`, 'link', 'add', `br${l}`, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0', 'mcast_snooping', '0')
    ip('-n', `${w.lab}-sw`, 'link', 'set', `br${l}`, 'up')
  }
  for (const host of [...w.hosts, 'client']) {
    ip('netns', 'add', nsOf(w, host))
    ip('-n', nsOf(w, host), 'link', 'set', 'lo', 'up')
    for (let l = 0; l < w.links; l++) plug(w, host, l, host === 'client' ? clientAddress(w, l) : addressOf(w, host, l))
  }
}

/** Removes every namespace of the lab; what is gone already is fine. */
export function unwire(w: Wiring): void {
  const names = ip('netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0] as string)
  for (const name of names) if (name.startsWith(`${w.lab}-`)) ip('netns', 'del', name)
}

/** A cut port swallows frames while the carrier stays, as a dead switch port does: nobody is told. */
export function setPort(w: Wiring, host: string, link: number, forwarding: boolean): void {
  inSwitch(w, 'bridge', 'link', 'set', 'dev', portOf(host, link), 'state', forwarding ? '3' : '0')
}

/** After power-off the host's addresses go; before boot they are as new. */
export function resetAddresses(w: Wiring, host: string): void {
  const ns = nsOf(w, host)
  for (let l = 0; l < w.links; l++) {
    ip('-n', ns, 'addr', 'flush', 'dev', `eth${l}`, 'scope', 'global')
    ip('-n', ns, 'link', 'set', `eth${l}`, 'up')
    ip('-n', ns, 'addr', 'add', `${addressOf(w, host, l)}/24`, 'dev', `eth${l}`)
    setPort(w, host, l, true)
  }
}

/** Random loss on what a host receives on a link, in percent; 0 removes it. The kernel has no netem: iptables' statistic match. */
export function setLoss(w: Wiring, host: string, link: number, percent: number): void {
  const rule = ['INPUT', '-i', `eth${link}`, '-p', 'udp', '-m', 'statistic', '--mode', 'random', '--probability']
  const exec = (args: string[]): string => run('ip', ['netns', 'exec', nsOf(w, host), 'iptables', ...args])
  exec(['-F', 'INPUT'])
  if (percent > 0) exec(['-A', ...rule, (percent / 100).toFixed(3), '-j', 'DROP'])
}
