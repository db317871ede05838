/**
 * `node.json`: what one node must know before it can talk to anybody: who it is, its links, where its files lie, its timing. Written by
 * `kyha cluster create` and `kyha join`, read once by kyhad (and the CLI, for the socket). Defaults stand here and in timing.ts only.
 */
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { isAbsolute, join, normalize } from 'node:path'
import type { Timing } from '../actor.js'
import { type ClusterId, clusterId, type NodeId, nodeId } from '../ids.js'
import { agentDir, fenceDir } from '../paths.js'
import { type Problem, problem } from './problem.js'
import { NAME, Reader } from './read.js'
import { type NodeAt, readSource } from './source.js'
import { readTiming } from './timing.js'

/** UDP port of heartbeats and TCP port of streams, where none is given. */
export const LINK_PORT = 5407
export const LINKS_MAX = 7

export interface LinkAddress {
  readonly address: string
  readonly port: number
}
/** One of the first members; its shape is that of the log's Member. */
export interface GenesisMember {
  readonly node: NodeId
  readonly name: string
  readonly votes: number
  readonly links: readonly LinkAddress[]
}
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface NodeConfig {
  readonly cluster: { readonly id: ClusterId; readonly name: string }
  readonly node: { readonly id: NodeId; readonly name: string }
  /** The first members, the same list on each of them; empty on a node that joins a running cluster. */
  readonly genesis: readonly GenesisMember[]
  /** This node's own address on each link, in link order. */
  readonly links: readonly LinkAddress[]
  /** Durable state (log, votes). */
  readonly stateDir: string
  /** State of this life of the machine (boot id, sockets); a tmpfs. */
  readonly runDir: string
  readonly keyFile: string
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string }
  readonly api: { readonly socket: string; readonly tcp?: { readonly host: string; readonly port: number } }
  readonly agents: { readonly ocfRoot: string; readonly kyha: readonly string[]; readonly fence: readonly string[] }
  /** Shared disks that may be the cluster's witness, in every node's settings under the same names: none, one or three. */
  readonly disks: readonly { readonly name: string; readonly path: string }[]
  readonly timing: Timing
  readonly logLevel: LogLevel
  /**
   * The watchdog that the guard was given is hardware of a real machine: it fires although the kernel, or whoever pauses this machine, stands still.
   * Neither softdog nor the watchdog of a virtual machine does. Only then others may take over what runs here by waiting (fence_watchdog).
   */
  readonly hardwareWatchdog: boolean
  /** Demo and rig only: this node accepts lab faults; `probe` is the URL of the demo's service, `consoles` those of all nodes' pages. */
  readonly lab?: { readonly probe?: string; readonly consoles?: readonly string[] }
}

export type NodeConfigRead =
  | { readonly ok: true; readonly config: NodeConfig }
  | { readonly ok: false; readonly refused: 'invalid' | 'unreadable'; readonly problems: readonly Problem[] }

/** Reads and checks `file`; every problem is a sentence. Never rejects. */
export async function readNodeConfig(file: string): Promise<NodeConfigRead> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    return { ok: false, refused: 'unreadable', problems: [problem(1, '', 'config.node-unreadable', { file, error: code })] }
  }
  return parseNodeConfig(text)
}

const TOP = [
  'cluster',
  'node',
  'genesis',
  'links',
  'stateDir',
  'runDir',
  'keyFile',
  'tls',
  'api',
  'agents',
  'disks',
  'timing',
  'logLevel',
  'hardwareWatchdog',
  'lab',
] as const

/** The same for a text. */
export function parseNodeConfig(text: string): NodeConfigRead {
  const source = readSource(text)
  if ('problems' in source) return { ok: false, refused: 'invalid', problems: source.problems }
  const r = new Reader()
  const { at, get } = r.fields(source.tree, TOP)
  const top = at ?? source.tree
  if (!at && r.problems.length === 0) r.refuse(top, 'config.empty')
  const cluster = readNamed(r, get('cluster'), top, 'cluster')
  const node = readNamed(r, get('node'), top, 'node')
  const links = readLinks(r, get('links'), top, 'links')
  const genesis = r.list(get('genesis'), 32).map((member) => readMember(r, member))
  const runDir = readPath(r, get('runDir')) ?? '/run/kyha'
  const config: NodeConfig = {
    cluster: { id: clusterId(cluster.id), name: cluster.name },
    node: { id: nodeId(node.id), name: node.name },
    genesis,
    links,
    stateDir: readPath(r, get('stateDir')) ?? '/var/lib/kyha',
    runDir,
    keyFile: readPath(r, get('keyFile')) ?? '/etc/kyha/cluster.key',
    tls: readTls(r, get('tls')),
    api: readApi(r, get('api'), runDir),
    agents: readAgents(r, get('agents')),
    disks: readDisks(r, get('disks')),
    timing: readTiming(r, get('timing'), top),
    logLevel: r.oneOf(get('logLevel'), ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']) ?? 'info',
    hardwareWatchdog: r.boolean(get('hardwareWatchdog')) ?? false,
    ...readLab(r, get('lab')),
  }
  if (r.problems.length === 0) checkGenesis(r, config, get('genesis') ?? top)
  return r.problems.length > 0 ? { ok: false, refused: 'invalid', problems: r.all() } : { ok: true, config }
}

function need(r: Reader, node: NodeAt | undefined, top: NodeAt, field: string, example: string): NodeAt | undefined {
  if (node === undefined) r.refuse(top, 'config.missing', { field, example })
  return node
}

function readNamed(r: Reader, node: NodeAt | undefined, top: NodeAt, field: string): { readonly id: string; readonly name: string } {
  const { at, get } = r.fields(need(r, node, top, field, `"${field}": {"id": "...", "name": "..."}`), ['id', 'name'])
  const id = at && need(r, get('id'), at, `${field}.id`, '"id": "6f1c8a52-0d8e-4f43-9a31-0a6a2f1d7b11"')
  const name = at && need(r, get('name'), at, `${field}.name`, '"name": "n1"')
  return { id: r.matching(id, NAME, 'config.bad-name') ?? '', name: r.matching(name, NAME, 'config.bad-name') ?? '' }
}

function readLinks(r: Reader, node: NodeAt | undefined, top: NodeAt, field: string): readonly LinkAddress[] {
  const list = r.list(need(r, node, top, field, '"links": [{"address": "10.0.0.1"}]'), LINKS_MAX)
  if (node?.kind === 'list' && node.items.length === 0) r.refuse(node, 'config.empty-list', { field })
  const links = list.map((link) => {
    const { at, get } = r.fields(link, ['address', 'port'])
    const address = r.text(at && need(r, get('address'), at, `${link.path}.address`, '"address": "10.0.0.1"'), 64) ?? ''
    if (address !== '' && isIP(address) === 0) r.refuse(link, 'config.bad-address', { name: address })
    return { address, port: r.integer(get('port'), 1, 65_535) ?? LINK_PORT }
  })
  refuseSame(r, node ?? top, links)
  return links
}

function refuseSame(r: Reader, at: NodeAt, links: readonly LinkAddress[]): void {
  const seen = new Set<string>()
  for (const { address, port } of links) {
    const key = `${address} ${port}`
    if (address !== '' && seen.has(key)) r.refuse(at, 'config.same-address', { address, port })
    seen.add(key)
  }
}

function readMember(r: Reader, node: NodeAt): GenesisMember {
  const { at, get } = r.fields(node, ['node', 'name', 'votes', 'links'])
  const id = at && need(r, get('node'), at, `${node.path}.node`, '"node": "6f1c8a52-0d8e-4f43-9a31-0a6a2f1d7b11"')
  const name = at && need(r, get('name'), at, `${node.path}.name`, '"name": "n1"')
  return {
    node: nodeId(r.matching(id, NAME, 'config.bad-name') ?? ''),
    name: r.matching(name, NAME, 'config.bad-name') ?? '',
    votes: r.integer(get('votes'), 0, 255) ?? 1,
    links: at ? readLinks(r, get('links'), node, `${node.path}.links`) : [],
  }
}

function readPath(r: Reader, node: NodeAt | undefined): string | undefined {
  const path = r.text(node)
  if (path === undefined || node === undefined) return undefined
  if (isAbsolute(path) && !path.split('/').includes('..')) return normalize(path)
  return r.refuse(node, 'config.bad-path', { path: node.path, value: path })
}

const readPaths = (r: Reader, node: NodeAt | undefined): readonly string[] | undefined =>
  node === undefined ? undefined : r.list(node, 32).flatMap((item) => readPath(r, item) ?? [])

function readTls(r: Reader, node: NodeAt | undefined): NodeConfig['tls'] {
  const { get } = r.fields(node, ['ca', 'cert', 'key'])
  return {
    ca: readPath(r, get('ca')) ?? '/etc/kyha/tls/ca.pem',
    cert: readPath(r, get('cert')) ?? '/etc/kyha/tls/node.pem',
    key: readPath(r, get('key')) ?? '/etc/kyha/tls/node.key',
  }
}

function readApi(r: Reader, node: NodeAt | undefined, runDir: string): NodeConfig['api'] {
  const { get } = r.fields(node, ['socket', 'tcp'])
  const socket = readPath(r, get('socket')) ?? join(runDir, 'api.sock')
  const tcp = r.fields(get('tcp'), ['host', 'port'])
  if (!tcp.at) return { socket }
  const host = r.text(tcp.get('host'), 64) ?? '127.0.0.1'
  if (isIP(host) === 0) r.refuse(tcp.at, 'config.bad-address', { name: host })
  return { socket, tcp: { host, port: r.integer(need(r, tcp.get('port'), tcp.at, 'api.tcp.port', '"port": 7480'), 0, 65_535) ?? 0 } }
}

function readLab(r: Reader, node: NodeAt | undefined): Pick<NodeConfig, 'lab'> {
  const { at, get } = r.fields(node, ['probe', 'consoles'])
  const probe = r.text(get('probe'), 200)
  const consoles = r.list(get('consoles'), 32).flatMap((c) => r.text(c, 200) ?? [])
  return at ? { lab: { ...(probe === undefined ? {} : { probe }), ...(consoles.length > 0 ? { consoles } : {}) } } : {}
}

function readAgents(r: Reader, node: NodeAt | undefined): NodeConfig['agents'] {
  const { get } = r.fields(node, ['ocfRoot', 'kyha', 'fence'])
  return {
    ocfRoot: readPath(r, get('ocfRoot')) ?? '/usr/lib/ocf',
    kyha: readPaths(r, get('kyha')) ?? [agentDir],
    fence: readPaths(r, get('fence')) ?? ['/usr/sbin', fenceDir],
  }
}

function readDisks(r: Reader, node: NodeAt | undefined): NodeConfig['disks'] {
  const list = r.list(node, 3)
  const disks = list.flatMap((item) => {
    const { at, get } = r.fields(item, ['name', 'path'])
    const name = at && r.matching(need(r, get('name'), at, `${item.path}.name`, '"name": "d1"'), NAME, 'config.bad-name')
    const path = at && readPath(r, need(r, get('path'), at, `${item.path}.path`, '"path": "/dev/disk/by-id/..."'))
    return name === undefined || path === undefined ? [] : [{ name, path }]
  })
  for (const list of [disks.map((d) => d.name), disks.map((d) => d.path)]) {
    const twice = list.find((one, i) => list.indexOf(one) < i)
    if (node && twice !== undefined) r.refuse(node, 'config.duplicate-name', { name: twice })
  }
  if (node && list.length === 2) r.refuse(node, 'config.two-disks')
  return disks
}

/** The first members must be one list that this node finds itself in. */
function checkGenesis(r: Reader, config: NodeConfig, at: NodeAt): void {
  const { genesis, node, links } = config
  if (genesis.length === 0) return
  const ids = genesis.map((member) => member.node as string)
  const names = genesis.map((member) => member.name)
  for (const list of [ids, names]) {
    const twice = list.find((one, i) => list.indexOf(one) < i)
    if (twice !== undefined) r.refuse(at, 'config.duplicate-name', { name: twice })
  }
  const self = genesis.find((member) => member.node === node.id)
  if (self?.name !== node.name) r.refuse(at, 'config.self-missing', { name: node.name })
  else if (JSON.stringify(self.links) !== JSON.stringify(links)) r.refuse(at, 'config.self-links')
  for (const member of genesis) {
    const count = member.links.length
    if (count !== links.length) r.refuse(at, 'config.link-count', { name: member.name, count, own: links.length })
  }
  if (genesis.every((member) => member.votes === 0)) r.refuse(at, 'config.no-votes')
  refuseSame(
    r,
    at,
    genesis.flatMap((member) => member.links),
  )
}
