/**
 * Fence devices with their hosts, plugs, timeouts and levels. In the document all devices of a host's level must confirm: where Pacemaker would take
 * any of several devices each gets a level of its own, and a level that lacks a device is left out altogether.
 */
import type { FencingLevel, Scene } from '../../../actors/coordinator/engine/scene.js'
import { parseMs, parseRole, Role } from '../../../actors/coordinator/engine/score.js'
import { tooCostly } from '../../../runtime/config/search.js'
import { printDuration } from '../../../runtime/config/values.js'
import { type Draft, filled, named, type Origins, type Plain } from './draft.js'
import type { Notes } from './notes.js'
import type { Device } from './resources.js'

interface Ready {
  readonly device: Device
  readonly plain: Plain
  /** Node to plug; '' is the node's own name. */
  readonly hosts: ReadonlyMap<string, string>
  readonly priority: number
}

const usualMs = 60_000
const read =
  /^pcmk_(?:host_list|host_map|host_check|host_argument|off_timeout|reboot_timeout|delay_base|action_limit|(?:monitor|list|status|on|metadata|validate-all)_timeout)$/

export function fencing(
  draft: Draft,
  origins: Origins,
  notes: Notes,
  scene: Scene,
  p: ReadonlyMap<string, string>,
  devices: readonly Device[],
): void {
  const levels = topologyOf(notes, scene, Object.keys(draft.nodes))
  const ready = devices.flatMap((d) => readyDevice(notes, draft, p, d, levels) ?? [])
  const at = new Map<Ready, Map<number, [string, string][]>>(ready.map((r) => [r, new Map()]))
  const place = (r: Ready, level: number, host: string): void => {
    const byLevel = at.get(r)
    byLevel?.set(level, [...(byLevel.get(level) ?? []), [host, r.hosts.get(host) ?? '']])
  }
  for (const host of Object.keys(draft.nodes)) {
    const asked = levels.get(host)
    const able = ready.filter((r) => r.hosts.has(host)).sort((a, b) => b.priority - a.priority)
    if (!asked) for (const [i, r] of able.entries()) place(r, i + 1, host)
    else {
      for (const r of able)
        if (![...asked.values()].flat().includes(r.device.of.id)) notes.note(r.device.of, 'cib.not-in-topology', { node: host })
      for (const [level, names] of asked) {
        const found = names.map((name) => able.find((r) => r.device.of.id === name))
        const missing = names[found.indexOf(undefined)]
        if (missing !== undefined) notes.left({ element: 'fencing-level', id: `${host}/${level}` }, 'cib.level-device', { device: missing })
        else for (const r of found) if (r) place(r, level, host)
      }
    }
  }
  for (const [r, byLevel] of at) {
    for (const [level, hosts] of byLevel) {
      const name = byLevel.size > 1 ? `${r.device.of.id}-level${level}` : r.device.of.id
      const plain = { ...r.plain, name, hosts: Object.fromEntries(hosts), level }
      draft.fencing.push(origins.set(plain, r.device.of))
    }
    if (byLevel.size === 0) notes.left(r.device.of, 'cib.device-unused')
  }
}

/** Of each node that has levels: the devices of each. */
function topologyOf(notes: Notes, scene: Scene, nodes: readonly string[]): Map<string, Map<number, readonly string[]>> {
  const out = new Map<string, Map<number, readonly string[]>>()
  for (const [i, l] of scene.topology.entries()) {
    const of = { element: 'fencing-level', id: l.target ?? l.pattern ?? l.attribute ?? String(i) }
    const meant = targets(scene, l, nodes)
    if (meant === undefined) notes.left(of, 'cib.level-pattern')
    else if (meant.length === 0) notes.left(of, 'cib.level-target')
    for (const host of meant ?? []) {
      const mine = out.get(host) ?? new Map<number, readonly string[]>()
      mine.set(l.index, [...new Set([...(mine.get(l.index) ?? []), ...l.devices])])
      out.set(host, mine)
    }
  }
  return out
}

function targets(scene: Scene, l: FencingLevel, nodes: readonly string[]): string[] | undefined {
  if (l.target !== undefined) return nodes.filter((n) => n.toLowerCase() === l.target?.toLowerCase())
  if (l.attribute !== undefined) {
    const has = (n: Scene['nodes'][number]): boolean =>
      n.attributes.some((s) => s.values.some(([k, v]) => k === l.attribute && v === l.value))
    return scene.nodes.filter((n) => nodes.includes(n.name) && has(n)).map((n) => n.name)
  }
  if (l.pattern === undefined) return []
  if (l.pattern.length > 200 || tooCostly(l.pattern) !== undefined) return undefined
  try {
    const re = new RegExp(l.pattern, 'i')
    return nodes.filter((n) => re.test(n))
  } catch {
    return undefined
  }
}

function readyDevice(
  notes: Notes,
  draft: Draft,
  p: ReadonlyMap<string, string>,
  device: Device,
  levels: ReadonlyMap<string, ReadonlyMap<number, readonly string[]>>,
): Ready | undefined {
  const { of, params, meta } = device
  if (!/^fence_/.test(device.agent)) return notes.left(of, 'cib.fence-agent', { agent: device.agent })
  if (parseRole(meta.get('target-role')) === Role.stopped) return notes.left(of, 'cib.device-disabled')
  const hosts = hostsOf(notes, draft, device, levels)
  if (hosts.size === 0) return notes.left(of, 'cib.device-hosts')
  const own = new Map(params)
  for (const [name, value] of params) {
    if (!/^pcmk_/.test(name) && name !== 'action' && !value.startsWith('lrm://')) continue
    own.delete(name)
    if (value.startsWith('lrm://')) return notes.left(of, 'cib.device-secret', { name })
    if (name === 'pcmk_host_argument' && !/^(?:port|plug|nodename|none)$/.test(value)) return notes.left(of, 'cib.host-argument', { value })
    if (!read.test(name)) notes.partly(of, name, name === 'action' ? 'cib.device-action' : 'cib.device-word', { value })
  }
  if (meta.get('provides') === 'unfencing') notes.partly(of, 'provides=unfencing', 'cib.unfencing')
  const time = (name: string): string | undefined => {
    const text = params.get(name)
    const ms = text !== undefined && /^\s*\d+\s*[a-z]*\s*$/i.test(text) ? parseMs(text) : undefined
    if (text !== undefined && ms === undefined) notes.partly(of, name, 'cib.device-word', { value: text })
    return ms === undefined || (name === 'pcmk_delay_base' && ms === 0) ? undefined : printDuration(ms)
  }
  const timeout = time('pcmk_off_timeout') ?? time('pcmk_reboot_timeout') ?? printDuration(parseMs(p.get('stonith-timeout')) ?? usualMs)
  const watchdog = device.agent === 'fence_watchdog'
  const plain = filled({
    name: of.id,
    agent: device.agent,
    params: watchdog ? undefined : named(notes, of, own),
    timeout,
    delay: time('pcmk_delay_base'),
  })
  if (watchdog && own.size > 0) notes.partly(of, [...own.keys()].join(', '), 'cib.watchdog-params')
  return { device, plain, hosts, priority: Number.parseInt(meta.get('priority') ?? '', 10) || 0 }
}

/** Which nodes the device can switch: its map, its list, all (where it does not look), or those whose levels name it. */
function hostsOf(
  notes: Notes,
  draft: Draft,
  { of, params, agent }: Device,
  levels: ReadonlyMap<string, ReadonlyMap<number, readonly string[]>>,
): Map<string, string> {
  const nodes = new Map(Object.keys(draft.nodes).map((n) => [n.toLowerCase(), n]))
  const map = hostMap(params.get('pcmk_host_map') ?? '')
  const list = (params.get('pcmk_host_list') ?? '').split(/[\s,;]+/).filter((n) => n !== '')
  const byLevel = [...levels].flatMap(([host, of2]) => ([...of2.values()].flat().includes(of.id) ? [host] : []))
  const plugs = new Map(map.map(([n, plug]) => [n.toLowerCase(), plug]))
  const everywhere = params.get('pcmk_host_check') === 'none' || agent === 'fence_watchdog'
  const said = list.length > 0 ? list : map.length > 0 ? map.map(([n]) => n) : everywhere ? [...nodes.values()] : byLevel
  const out = new Map<string, string>()
  for (const name of said) {
    const node = nodes.get(name.toLowerCase())
    if (node === undefined) notes.partly(of, name, 'cib.device-host')
    else out.set(node, plugs.get(name.toLowerCase()) ?? '')
  }
  return out
}

/** `n1:plug;n2=1,2 n3:a\ b`: a backslash takes the next sign as it is. */
export function hostMap(text: string): (readonly [string, string])[] {
  const out: (readonly [string, string])[] = []
  let name: string | undefined
  let word = ''
  const end = (): void => {
    if (name !== undefined && name !== '') out.push([name, word])
    name = undefined
    word = ''
  }
  for (let i = 0; i < text.length; i++) {
    const ch = text.charAt(i)
    if (ch === '\\' && i + 1 < text.length) word += text.charAt(++i)
    else if (/[;\s]/.test(ch)) end()
    else if ((ch === ':' || ch === '=') && name === undefined) {
      name = word
      word = ''
    } else word += ch
  }
  end()
  return out
}
