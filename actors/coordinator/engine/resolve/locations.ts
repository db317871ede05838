/** Location constraints: which nodes each asks for or refuses, with what score, for which role; and what node health adds of its own. */
import { tooCostly } from '../../../../runtime/config/search.js'
import { verdict } from '../../../../runtime/verdict.js'
import type { Discovery } from '../places.js'
import type { Constraint, ResourceSetSpec, Rule } from '../scene.js'
import { INF, parseRole, parseScore, Role } from '../score.js'
import type { Host, Location, Res, World } from '../world.js'
import { healthLocations } from './health.js'
import { resourcesOf } from './names.js'
import { holds } from './rules.js'

type Spec = Extract<Constraint, { type: 'location' }>

export function resolveLocations(w: World): void {
  for (const c of w.scene.constraints) {
    if (c.type !== 'location' || (c.lifetime && !holds(c.lifetime, { nowS: w.scene.nowS }))) continue
    for (const s of c.sets) for (const m of s.members) for (const r of resourcesOf(w, m)) locate(w, c, r, s, [])
    if (c.resource !== undefined) for (const r of resourcesOf(w, c.resource)) locate(w, c, r, undefined, [])
    if (c.pattern !== undefined) byPattern(w, c, c.pattern)
  }
  healthLocations(w)
}

function byPattern(w: World, c: Spec, pattern: string): void {
  const inverted = pattern.startsWith('!')
  const re = regexp(inverted ? pattern.slice(1) : pattern)
  if (!re) {
    w.notes.push(verdict('note', 'engine.bad-pattern', { constraint: c.id, pattern: pattern.slice(0, 100) }, 'warning'))
    return
  }
  for (const r of w.resources) {
    const m = re.exec(r.id)
    if (Boolean(m) !== inverted) locate(w, c, r, undefined, m ?? [])
  }
}

function regexp(text: string): RegExp | undefined {
  if (text.length > 1000) return undefined
  try {
    const found = new RegExp(text)
    return tooCostly(text) === undefined ? found : undefined
  } catch {
    return undefined
  }
}

function locate(w: World, c: Spec, res: Res, set: ResourceSetSpec | undefined, groups: readonly string[]): void {
  const discovery = (c.discovery === 'never' || c.discovery === 'exclusive' || c.discovery === 'always' ? c.discovery : undefined) as
    | Discovery
    | undefined
  const text = set?.score ?? c.score
  const role = set?.role ?? c.role
  if (c.node !== undefined && c.rules.length === 0) {
    const host = w.hosts.find((h) => h.name.toLowerCase() === c.node?.toLowerCase())
    if (host)
      attach(w, { id: c.id, res, role: roleOf(role), discovery, places: new Map([[host, parseScore(text, w.options.health) ?? 0]]) })
  }
  for (const rule of c.rules) attach(w, fromRule(w, c, rule, res, role, discovery, groups))
}

/** Only the promoted role has places of its own: whatever is promoted was started, and unpromoted, before. */
const roleOf = (text: string | undefined): Role => (parseRole(text) === Role.promoted ? Role.promoted : Role.unknown)

function fromRule(
  w: World,
  c: Spec,
  rule: Rule,
  res: Res,
  role: string | undefined,
  discovery: Discovery | undefined,
  groups: readonly string[],
): Location {
  const fill = (text: string): string => text.replace(/%(\d)/g, (_, n: string) => groups[Number(n)] ?? '')
  const filled = groups.length > 0 ? substitute(rule, fill) : rule
  const places = new Map<Host, number>()
  for (const h of w.hosts) {
    if (!holds(filled, { nowS: w.scene.nowS, attrs: h.attrs, agent: res.agent, params: paramsOf(res), meta: res.meta })) continue
    const attribute = rule.scoreAttribute === undefined ? undefined : h.attrs.get(fill(rule.scoreAttribute))
    const score = rule.scoreAttribute === undefined ? (parseScore(rule.score, w.options.health) ?? 0) : (parseScore(attribute) ?? -INF)
    if (rule.scoreAttribute === undefined || attribute !== undefined) places.set(h, score)
  }
  return { id: rule.id || c.id, res, role: roleOf(rule.role ?? role), discovery, places }
}

const paramsOf = (res: Res): ReadonlyMap<string, string> => new Map(res.params.flatMap((s) => [...s.values]))

function substitute(rule: Rule, fill: (text: string) => string): Rule {
  const parts = rule.parts.map((p) =>
    'parts' in p ? substitute(p, fill) : p.on === 'attribute' ? { ...p, attribute: fill(p.attribute) } : p,
  )
  return { ...rule, parts }
}

function attach(_w: World, location: Location): void {
  location.res.locations.push(location)
  if (location.discovery === 'exclusive') location.res.exclusiveDiscovery = true // whatever its role: there is nowhere else
}
