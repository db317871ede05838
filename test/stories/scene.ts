/**
 * What every story stands on: the service on its first node under the client's eye, a fault, the state that must come about, and what the
 * client saw meanwhile. Stories assert order and safety; milliseconds are figures, never assertions.
 */
import type { StatusView } from '../../console/api/views.js'
import { type Agents, addressAndNginx } from '../rig/configs.js'
import { type Downtime, downtimeOf } from '../rig/downtime.js'
import { type Lab, type LabOptions, nowMs } from '../rig/lab.js'

export interface Told {
  readonly downtime: Downtime
  /** When the fault began, on the clock that the timeline's lines begin with. */
  readonly faultAt: string
  readonly timeline: readonly string[]
  /** What happened to the virtual address on the hosts meanwhile. */
  readonly address: readonly string[]
}
export interface Story {
  readonly name: string
  /** Its goal, in one line. */
  readonly about: string
  readonly lab: LabOptions
  /** It begins with the usual service on n1 and harms nothing for good: the lab can serve another such story. */
  readonly usual?: boolean
  readonly tell: (lab: Lab, agents: Agents, wish?: Wish) => Promise<Told>
}
/** What a story that goes by chance may be asked for. */
export interface Wish {
  readonly minutes?: number
  readonly seed?: string
}

export const sleep = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms))
export const homeOf = (s: StatusView, resource: string): string | null => s.resources.find((r) => r.name === resource)?.node ?? null
export const stateOf = (s: StatusView, node: string): string => s.nodes.find((n) => n.name === node)?.state ?? 'no member'
export const serves = (s: StatusView, on?: string): boolean =>
  s.resources.length > 0 && s.resources.every((r) => r.role === 'Started' && (on === undefined || r.node === on))
export const allOnline = (s: StatusView): boolean => s.nodes.every((n) => n.state === 'online')

export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

export const timelineOf = async (lab: Lab): Promise<string[]> =>
  (await lab.events()).map((e) => `${e.at} ${e.node} ${e.actor}: ${e.sentence.text.en}`)

/** Each pattern's last line comes after that of the pattern before it. */
export function inOrder(timeline: readonly string[], order: readonly RegExp[]): void {
  const places = order.map((pattern) => timeline.findLastIndex((line) => pattern.test(line)))
  const right = places.every((at, i) => at >= 0 && at > (places[i - 1] ?? -1))
  check(right, `${order.map(String).join(' then ')}: found at ${places.join()}`)
}

/** Nobody was fenced and nothing was even ordered to be. */
export function nobodyFenced(timeline: readonly string[]): void {
  const line = timeline.find((l) => /is to be fenced|is confirmed dead/.test(l))
  check(line === undefined, `nobody fences in this story: ${line}`)
}

/** No client was turned away, the address stayed where it was, nothing moved, nobody fenced. An attempt that is only late says nothing: the client may starve. */
export function unnoticed(told: Told): Told {
  const { refused, owners } = told.downtime
  check(refused === 0, `no attempt of the client was turned away; ${refused} were`)
  check(told.address.length === 0, `the address stayed where it was: ${told.address.join('; ')}`)
  check(owners.join() === 'n1', `nothing moved: ${owners.join()}`)
  nobodyFenced(told.timeline)
  return told
}

export interface Scene {
  readonly fault: () => Promise<void> | void
  readonly after: (s: StatusView) => boolean
  /** Between the state that must come about and the end: what must not happen gets this long to happen. */
  readonly settleMs?: number
  readonly everyMs?: number
  readonly yaml?: string
  readonly port?: number
  readonly untilMs?: number
}

/** Forms the service on n1, runs the fault under the probe, waits for the state after it, and reports what the client saw. */
export async function under(lab: Lab, agents: Agents, scene: Scene): Promise<Told> {
  await lab.configure(scene.yaml ?? addressAndNginx(lab, agents))
  await lab.until('the service on n1', 40_000, (s) => serves(s, 'n1'))
  return watched(lab, scene)
}

/** Brings the usual lab back to where a story begins; false = it does not come about, and a new one is made. */
export async function restore(lab: Lab): Promise<boolean> {
  try {
    await lab.heal()
    await lab.api('n1', '/resources/web/cleanup', { method: 'POST', json: {} })
    const s = await lab.until('a service', 20_000, serves)
    if (!serves(s, 'n1')) await lab.api('n1', '/resources/web/move', { method: 'POST', json: { node: 'n1', forMs: 1000 } })
    const fresh = (now: StatusView): boolean => now.resources.every((r) => r.cells.every((c) => c.failCount === 0))
    await lab.until('the service on n1', 20_000, (now) => serves(now, 'n1') && fresh(now) && now.intents.length === 0)
    return true
  } catch {
    return false // whatever it is that does not come back is for the stories to find
  }
}

/** The same with a service that runs already. */
export async function watched(lab: Lab, scene: Scene): Promise<Told> {
  const probe = await lab.probe(scene.port ?? 80, scene.everyMs)
  await sleep(700)
  const address = lab.watchAddress()
  const at = nowMs()
  const faultAt = new Date().toISOString()
  await scene.fault()
  await lab.until('the state after the fault', scene.untilMs ?? 40_000, scene.after)
  await sleep(scene.settleMs ?? 400)
  const downtime = downtimeOf(await probe.stop(), at)
  const changes = await address.stop()
  check(downtime.recovered, `the client was not served again: ${JSON.stringify(downtime)}`)
  check(!downtime.alternated, `an owner answered again after another had: ${downtime.owners.join(', ')}`)
  return { downtime, faultAt, timeline: await timelineOf(lab), address: changes }
}
