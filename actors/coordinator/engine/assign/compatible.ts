/** Interleaved clones: the instance of one clone that belongs to an instance of another, which is the one on the same node. */
import { Role as R, type Role } from '../score.js'
import type { Host, Res, World } from '../world.js'
import { ranked } from './nodes.js'

const hostsOf = (r: Res, current: boolean): readonly Host[] =>
  r.kind === 'primitive' ? (current ? r.active : r.assigned ? [r.assigned] : []) : r.children.flatMap((c) => hostsOf(c, current))

/** `current`: by where they run now, otherwise by where they will. */
export function compatible(w: World, res: Res, clone: Res, role: Role, current: boolean): Res | undefined {
  const here = hostsOf(res, current)[0]
  if (here) return on(clone, here, role, current)
  for (const p of ranked(w, res)) {
    const found = on(clone, p.host, role, current)
    if (found) return found
  }
  return undefined
}

const roleOf = (r: Res, current: boolean): Role => {
  if (r.kind === 'primitive') return current ? r.role : r.nextRole
  const roles = r.children.map((c) => roleOf(c, current))
  return (roles.length > 0 ? Math.max(...roles) : R.unknown) as Role
}

/** Instances of a clone, containers of a bundle. */
export const instancesOf = (r: Res): readonly Res[] => (r.kind === 'bundle' ? r.replicas.map((x) => x.container) : r.children)

export function on(clone: Res, host: Host, role: Role, current: boolean): Res | undefined {
  return instancesOf(clone).find(
    (i) => (role === R.unknown || roleOf(i, current) === role) && hostsOf(i, current)[0] === host && !(current && i.orphanInstance),
  )
}
