/**
 * The rig's wiring: one network namespace per host, one for the switch with a bridge per link, one for the client. Every namespace's name
 * starts with the lab's prefix; nothing outside the namespaces is touched, so every lab has the same addresses: link L is 10.L.0.0/24 and
 * fd0L::/64, host n1 ends in .1, the client in .250. Needs root.
 */
import { execFileSync } from 'node:child_process'

export type Family = 4 | 6
export interface Wiring {
  readonly lab: string
  readonly hosts: readonly string[]
  readonly links: number
}

export const nsOf = (lab: string, host: string): string => `${lab}-${host}`
export const nsPath = (lab: string, host: string): string => `/run/netns/${nsOf(lab, host)}`
const place = (w: Wiring, host: string): number => (host === 'client' ? 250 : w.hosts.indexOf(host) + 1)
const on = (link: number, family: Family, last: number): string =>
  family === 4 ? `10.${link}.0.${last}` : `fd0${link}::${last.toString(16)}`
export const addressOf = (w: Wiring, host: string, link: number, family: Family = 4): string => on(link, family, place(w, host))
/** The virtual address of a link's network. */
export const virtualOf = (link: number, family: Family): string => on(link, family, family === 4 ? 100 : 0x100)
/** The switch's port of a host on a link. Names are at most 15 bytes. */
const portOf = (host: string, link: number): string => `${host}-p${link}`
const linksOf = (w: Wiring): readonly number[] => Array.from({ length: w.links }, (_, l) => l)

export function run(program: string, args: readonly string[], input = ''): string {
  return execFileSync(program, args as string[], { input, stdio: ['pipe', 'pipe', 'pipe'] }).toString()
}
/** Runs `program` in the network of a host (or `sw`, `client`), with the mounts of this machine. */
export const inNet = (lab: string, host: string, program: string, ...args: string[]): string =>
  run('nsenter', [`--net=${nsPath(lab, host)}`, program, ...args])
/** Lines for `ip` in one namespace, in one process. */
const batch = (lab: string, host: string, lines: readonly string[]): void =>
  void run('ip', ['-n', nsOf(lab, host), '-batch', '-'], `${lines.join('\n')}\n`)

const addressLines = (w: Wiring, host: string, link: number): readonly string[] => [
  `link set eth${link} up`,
  `addr add ${addressOf(w, host, link, 4)}/24 dev eth${link}`,
  `addr add ${addressOf(w, host, link, 6)}/64 dev eth${link} nodad`,
]

export function wire(w: Wiring): void {
  const all = [...w.hosts, 'client']
  for (const host of ['sw', ...all]) run('ip', ['netns', 'add', nsOf(w.lab, host)])
  const bridges = linksOf(w).flatMap((l) => [
    `link add br${l} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set br${l} up`,
    ...all.map((h) => `link add ${portOf(h, l)} type veth peer name eth${l} netns ${nsOf(w.lab, h)}`),
    ...all.map((h) => `link set ${portOf(h, l)} master br${l} up`),
  ])
  batch(w.lab, 'sw', bridges)
  for (const host of all) batch(w.lab, host, ['link set lo up', ...linksOf(w).flatMap((l) => addressLines(w, host, l))])
}

/** Removes every namespace of the lab; what is gone already is fine. */
export function unwire(lab: string): void {
  for (const name of namespaces(lab)) run('ip', ['netns', 'del', name])
}

/** Namespaces of a lab that exist. */
export const namespaces = (lab: string): readonly string[] =>
  run('ip', ['netns', 'list'])
    .split('\n')
    .map((line) => line.split(' ')[0] as string)
    .filter((name) => name.startsWith(`${lab}-`))

/** A cut port swallows frames while the carrier stays, as a dead switch port does: nobody is told. */
export function setPort(w: Wiring, host: string, link: number, forwarding: boolean): void {
  inNet(w.lab, 'sw', 'bridge', 'link', 'set', 'dev', portOf(host, link), 'state', forwarding ? '3' : '0')
}

/** After power-off the host's addresses go; before boot they are as new. */
export function resetAddresses(w: Wiring, host: string): void {
  const lines = linksOf(w).flatMap((l) => [`addr flush dev eth${l} scope global`, ...addressLines(w, host, l)])
  batch(w.lab, host, lines)
  for (const l of linksOf(w)) portUp(w, host, l)
}

/** The kernel tells a port of the carrier of its other end a moment later, up to a second; until then it refuses. */
function portUp(w: Wiring, host: string, link: number): void {
  for (let tries = 1; ; tries++) {
    try {
      return setPort(w, host, link, true)
    } catch (e) {
      if (tries === 100 || !/Network is down/.test((e as Error).message)) throw e
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}

const iptables = (w: Wiring, host: string, ...args: string[]): void => void inNet(w.lab, host, 'iptables', '-w', ...args)

/** One direction only: nothing that `from` sends arrives at `to`, on any link; the other way is as it was. */
export function deafen(w: Wiring, to: string, from: string): void {
  for (const l of linksOf(w)) iptables(w, to, '-A', 'INPUT', '-s', addressOf(w, from, l), '-j', 'DROP')
}

/**
 * A bad line on every link of a host: `percent` of what it receives is lost at random (the kernel has no netem: iptables' statistic match),
 * and what it sends goes out at 512 kbit/s, so that every frame is late by as much as those before it are long.
 */
export function spoil(w: Wiring, host: string, percent: number): void {
  iptables(w, host, '-A', 'INPUT', '-m', 'statistic', '--mode', 'random', '--probability', (percent / 100).toFixed(3), '-j', 'DROP')
  for (const l of linksOf(w)) inNet(w.lab, host, 'tc', ...`qdisc add dev eth${l} root tbf rate 512kbit burst 2000 latency 200ms`.split(' '))
}

/** Takes back what `deafen` and `spoil` did. */
export function repair(w: Wiring, host: string): void {
  iptables(w, host, '-F', 'INPUT')
  for (const l of linksOf(w)) {
    if (inNet(w.lab, host, 'tc', 'qdisc', 'show', 'dev', `eth${l}`).includes('tbf'))
      inNet(w.lab, host, 'tc', 'qdisc', 'del', 'dev', `eth${l}`, 'root')
  }
}
