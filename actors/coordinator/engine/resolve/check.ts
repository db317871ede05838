/**
 * What is wrong with a configuration, in sentences that name the ids: names that lead nowhere, ids that stand twice, constraints that contradict each
 * other, orders in a circle. Nothing here changes the plan; what cannot be meant is left out of it by the stages themselves.
 */
import { type Verdict, verdict } from '../../../../runtime/verdict.js'
import type { Constraint, ResourceSpec, Scene } from '../scene.js'
import { flag, INF, parseScore } from '../score.js'

/** At most so many notes of one kind; the rest of a broken configuration says the same. */
const most = 100

export function checkScene(scene: Scene): Verdict[] {
  const ids = resourceIds(scene)
  const twice = [...ids].flatMap(([id, n]) => (n > 1 ? [note('engine.duplicate-id', { id })] : []))
  const known = new Set([...ids.keys(), ...scene.templates.map((t) => t.id), ...scene.tags.map((t) => t.id)])
  return [...twice.slice(0, most), ...dangling(scene, known), ...contradictions(scene), ...circles(scene)]
}

const note = (key: Parameters<typeof verdict>[1], args: Readonly<Record<string, string>>): Verdict => verdict('note', key, args, 'warning')

function resourceIds(scene: Scene): Map<string, number> {
  const count = new Map<string, number>()
  const visit = (r: ResourceSpec): void => {
    count.set(r.id, (count.get(r.id) ?? 0) + 1)
    r.children.forEach(visit)
  }
  scene.resources.forEach(visit)
  return count
}

const named = (c: Constraint): string[] => {
  const own = c.type === 'colocation' ? [c.dependent, c.primary] : c.type === 'order' ? [c.first, c.next] : [c.resource]
  return [...own.flatMap((x) => (x === undefined ? [] : [x])), ...c.sets.flatMap((s) => s.members)]
}

function dangling(scene: Scene, known: ReadonlySet<string>): Verdict[] {
  const found = scene.constraints.flatMap((c) =>
    named(c).flatMap((id) => (known.has(id) ? [] : [note('engine.dangling', { constraint: c.id, id })])),
  )
  const lent = scene.resources.flatMap((r) => templates(r)).filter((t) => !known.has(t.template))
  return [...found.slice(0, most), ...lent.slice(0, most).map((t) => note('engine.no-template', t))]
}

const templates = (r: ResourceSpec): { id: string; template: string }[] => [
  ...(r.template === undefined ? [] : [{ id: r.id, template: r.template }]),
  ...r.children.flatMap((c) => templates(c)),
]

/** Two constraints of infinite score that cannot both hold. */
function contradictions(scene: Scene): Verdict[] {
  const seen = new Map<string, { id: string; score: number }>()
  const found: Verdict[] = []
  for (const c of scene.constraints) {
    const about =
      c.type === 'location' && c.resource !== undefined && c.node !== undefined
        ? `location ${c.resource} ${c.node} ${c.role ?? ''}`
        : c.type === 'colocation' && c.dependent !== undefined && c.primary !== undefined
          ? `colocation ${c.dependent} ${c.primary} ${c.dependentRole ?? ''} ${c.primaryRole ?? ''}`
          : undefined
    if (about === undefined || c.type === 'order' || c.type === 'ticket') continue
    const score = parseScore(c.score) ?? 0
    const other = seen.get(about)
    if (other && Math.abs(score) >= INF && score === -other.score) found.push(note('engine.contradiction', { one: other.id, other: c.id }))
    if (!other || Math.abs(score) >= INF) seen.set(about, { id: c.id, score })
  }
  return found.slice(0, most)
}

/** Mandatory starts that wait for each other; each circle is named once, by the constraints that make it. */
function circles(scene: Scene): Verdict[] {
  const edges = new Map<string, { to: string; by: string }[]>()
  for (const c of scene.constraints) {
    if (c.type !== 'order' || c.first === undefined || c.next === undefined || (c.firstAction ?? 'start') !== 'start') continue
    if (!/^(mandatory)?$/i.test(c.kind ?? '') || (c.nextAction ?? 'start') !== 'start' || !flag(c.requireAll, true)) continue
    const known = edges.get(c.first)
    if (known) known.push({ to: c.next, by: c.id })
    else edges.set(c.first, [{ to: c.next, by: c.id }])
  }
  const found: Verdict[] = []
  const done = new Set<string>()
  for (const start of edges.keys()) {
    if (done.has(start) || found.length >= most) continue
    const ring = ringFrom(start, edges, done)
    if (ring) found.push(note('engine.circle', { constraints: ring.join(', ') }))
  }
  return found
}

/** Depth first, without recursion: configurations may be long chains. */
function ringFrom(
  start: string,
  edges: ReadonlyMap<string, readonly { to: string; by: string }[]>,
  done: Set<string>,
): string[] | undefined {
  const path: { at: string; by: string; next: number }[] = [{ at: start, by: '', next: 0 }]
  const open = new Set([start])
  while (path.length > 0) {
    const top = path[path.length - 1] as { at: string; by: string; next: number }
    const e = edges.get(top.at)?.[top.next++]
    if (!e) {
      open.delete(top.at)
      done.add(top.at)
      path.pop()
    } else if (open.has(e.to)) {
      for (const p of path) done.add(p.at)
      return [...path.slice(path.findIndex((p) => p.at === e.to) + 1).map((p) => p.by), e.by]
    } else if (!done.has(e.to)) {
      open.add(e.to)
      path.push({ at: e.to, by: e.by, next: 0 })
    }
  }
  return undefined
}
