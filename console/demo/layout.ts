/**
 * Where the demo lives: `.demo/` in the project. Three nodes on loopback addresses, two heartbeat links, each node in a cage of its own
 * (its machine and power switch). Nothing here is state that nodes share: the launcher may be killed and they still fail over.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { nodeId } from '../../runtime/ids.js'
import { agentDir, nativeDir, root } from '../../runtime/paths.js'
import { issueNode, makeClusterCa } from '../../runtime/wire/certificates.js'
import { makeKeyLine } from '../../runtime/wire/keys.js'

export const serviceAddress = '127.0.0.10'

export interface DemoNode {
  readonly name: string
  readonly dir: string
  /** Unix sockets: the node's API, and its machine's power switch. */
  readonly api: string
  readonly power: string
  readonly apiPort: number
  readonly pid?: number
}
export interface Demo {
  readonly nodes: readonly DemoNode[]
  readonly servicePort: number
  readonly dir: string
}

export const demoDir = process.env['KYHA_DEMO_DIR'] ?? join(root, '.demo')
export const demoFile = (dir = demoDir): string => join(dir, 'demo.json')
export const consoleUrl = (n: DemoNode): string => `http://127.0.0.1:${n.apiPort}/`
export const serviceUrl = (d: Demo): string => `http://${serviceAddress}:${d.servicePort}/`

/** The demo that was laid out last; undefined when there is none, or its file is no demo's any more. */
export function loadDemo(dir = demoDir): Demo | undefined {
  try {
    const demo = JSON.parse(readFileSync(demoFile(dir), 'utf8')) as Demo
    return Array.isArray(demo.nodes) ? demo : undefined
  } catch {
    return undefined // never laid out, or cut off while it was
  }
}

/** A free TCP port on an address. Somebody may take it in between; then the node says so. */
function freePort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, address, () => {
      const at = server.address()
      server.close(() => resolve(typeof at === 'object' && at ? at.port : 0))
    })
  })
}

/** Writes keys, certificates and each node's settings anew; an older demo's folder is removed. */
export async function layOut(dir = demoDir, count = 3): Promise<Demo> {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(join(dir, 'power'), { recursive: true, mode: 0o750 })
  const cluster = { id: randomUUID(), name: 'demo' }
  const ca = await makeClusterCa(cluster.name, Date.now())
  const key = makeKeyLine()
  const linkPort = await freePort('127.0.1.1')
  const servicePort = await freePort(serviceAddress)
  const members = Array.from({ length: count }, (_, i) => ({
    node: randomUUID(),
    name: `n${i + 1}`,
    votes: 1,
    links: [1, 2].map((link) => ({ address: `127.0.${link}.${i + 1}`, port: linkPort })),
  }))
  const nodes: DemoNode[] = []
  const apiPorts = await Promise.all(members.map(() => freePort('127.0.0.1')))
  const consoles = apiPorts.map((port) => `http://127.0.0.1:${port}/`)
  for (const [i, m] of members.entries()) {
    const own = join(dir, m.name)
    for (const sub of ['state', 'run', 'tls']) mkdirSync(join(own, sub), { recursive: true, mode: 0o750 })
    const issued = await issueNode(
      ca,
      nodeId(m.node),
      m.name,
      m.links.map((l) => l.address),
      Date.now(),
    )
    const secret = (name: string, text: string): string => {
      writeFileSync(join(own, 'tls', name), text, { mode: 0o600 })
      return join(own, 'tls', name)
    }
    const node: DemoNode = {
      name: m.name,
      dir: own,
      api: join(own, 'run', 'api.sock'),
      power: join(dir, 'power', `${m.name}.sock`),
      apiPort: apiPorts[i] as number,
    }
    const settings = {
      cluster,
      node: { id: m.node, name: m.name },
      genesis: members,
      links: m.links,
      stateDir: join(own, 'state'),
      runDir: join(own, 'run'),
      keyFile: secret('cluster.key', key),
      tls: { ca: secret('ca.pem', ca.cert), cert: secret('node.pem', issued.cert), key: secret('node.key', issued.key) },
      api: { tcp: { host: '127.0.0.1', port: node.apiPort }, socket: node.api },
      agents: { kyha: [agentDir], fence: [nativeDir] },
      lab: { probe: `http://${serviceAddress}:${servicePort}/`, consoles },
    }
    writeFileSync(join(own, 'node.json'), `${JSON.stringify(settings, null, 1)}\n`, { mode: 0o640 })
    nodes.push(node)
  }
  const demo: Demo = { nodes, servicePort, dir }
  writeFileSync(demoFile(dir), `${JSON.stringify(demo, null, 1)}\n`)
  writeFileSync(join(dir, 'config.yaml'), configOf(demo))
  return demo
}

/** The active/standby group of the demo: a data volume's stand-in and a real HTTP service behind it. */
export const configOf = (d: Demo): string => `apiVersion: kyha/v1
name: demo
properties:
  fencing-enabled: true
  fencing-action: off
  resource-stickiness: 1000000
resources:
  - name: data
    agent: kyha:Dummy
  - name: web
    agent: kyha:http
    params: {ip: ${serviceAddress}, port: ${d.servicePort}, log: ${join(d.dir, 'answers.log')}}
    meta: {migration-threshold: 3, failure-timeout: 60s}
    ops: {monitor: {interval: 5s, timeout: 5s}}
groups:
  - {name: shop, members: [data, web]}
location:
  - {resource: shop, levels: [${d.nodes.map((n) => n.name).join(', ')}]}
fencing:
  - {name: lab, agent: fence_lab, params: {socket_dir: ${join(d.dir, 'power')}}, hosts: {${d.nodes.map((n) => `${n.name}: ${n.name}`).join(', ')}}, timeout: 20s}
`
