/** What people type when they make or join a cluster, checked before anything is touched: names, link addresses, durations. */
import { createSocket } from 'node:dgram'
import { isIP } from 'node:net'
import { LINK_PORT, LINKS_MAX, type LinkAddress } from '../../runtime/config/node.js'
import { NAME } from '../../runtime/config/read.js'
import { type Args, type Refusal, verdict } from '../../runtime/verdict.js'

/** Nodes of a cluster. */
export const nodesMax = 32

export type Link = LinkAddress

export const refuse = (refused: string, key: Refusal['because']['key'], args: Args = {}): Refusal => ({
  refused,
  because: verdict('refuse', key, args, 'error'),
})
export const isRefusal = (value: unknown): value is Refusal => typeof value === 'object' && value !== null && 'refused' in value

/** A node's or cluster's name. It becomes a key of messages. */
export function checkName(what: 'node' | 'cluster', name: string): Refusal | undefined {
  return NAME.test(name) ? undefined : refuse('invalid', 'cli.bad-name', { what, name: shown(name) })
}

/** `10.0.0.1[:port],fd00::1,[fd00::1]:7600`: this node's address on each link, in link order. */
export function parseLinks(text: string, port = LINK_PORT): readonly Link[] | Refusal {
  const parts = text.split(',').map((part) => part.trim())
  const links: Link[] = []
  if (parts.length > LINKS_MAX) return refuse('invalid', 'cli.link-count', { count: parts.length, limit: LINKS_MAX })
  for (const part of parts) {
    const link = parseLink(part, port)
    if (isRefusal(link)) return link
    if (links.some((l) => l.address === link.address)) return refuse('invalid', 'cli.link-twice', { address: link.address })
    links.push(link)
  }
  return links
}

function parseLink(text: string, portDefault: number): Link | Refusal {
  const [, v6, v6Port, v4, v4Port] = text.match(/^(?:\[([^\]]+)\]:(\d{1,5})|([^:]+):(\d{1,5}))$/) ?? []
  const address = v6 ?? v4 ?? text.replace(/^\[([^\]]+)\]$/, '$1')
  const port = Number(v6Port ?? v4Port ?? portDefault)
  const kind = isIP(address)
  if (kind === 0 || address.includes('%') || (v6 !== undefined && kind !== 6))
    return refuse('invalid', 'cli.link-text', { text: shown(text) })
  if (port < 1 || port > 65_534) return refuse('invalid', 'cli.link-port', { port })
  if (isNobody(address)) return refuse('invalid', 'cli.link-nobody', { address })
  return { address: kind === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address, port }
}

/** Wildcard, broadcast and multicast addresses name no single machine. */
const isNobody = (address: string): boolean => /^(0\.|2(2[4-9]|[345]\d)\.|::$|(0+:)+0+$|ff)/i.test(address)

/** Whether this machine has `address`: asked of the kernel, by binding it. */
export function isHere(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4')
    const end = (here: boolean): void => void socket.close(() => resolve(here))
    socket.on('error', () => end(false))
    socket.bind({ port: 0, address, exclusive: true }, () => end(true))
  })
}

/** The first link address that this machine does not have, as a refusal. */
export async function checkHere(links: readonly Link[]): Promise<Refusal | undefined> {
  for (const { address } of links) if (!(await isHere(address))) return refuse('not-found', 'cli.link-not-here', { address })
  return undefined
}

/** `10.0.0.1:7600`, `[fd00::1]:7600`. */
export const linkText = ({ address, port }: Link): string => (isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`)

/** What somebody typed, short and printable, for a sentence. */
export const shown = (text: string): string => (text === '' ? '(empty)' : text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80))
