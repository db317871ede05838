/** Reads one entry of `clones:` or `pools:`, and the capacities of nodes and resources. */
import { CLONE, LIMITS, POOL } from './defaults.js'
import type { CloneDoc, PoolDoc } from './document.js'
import { isEmpty, NAME, PARAM, type Reader } from './read.js'
import type { NodeAt } from './source.js'

export function readClone(r: Reader, node: NodeAt): CloneDoc | undefined {
  const { at, get } = r.fields(node, ['name', 'resource', 'promoted', 'max', 'min', 'ordered', 'interleave', 'notify', 'meta'])
  const name = r.matching(get('name'), NAME, 'config.bad-name')
  const resource = r.matching(get('resource'), NAME, 'config.bad-name')
  if (at && !get('name')) r.refuse(node, 'config.missing', { field: 'name', example: 'name: db-clone' })
  if (at && !get('resource')) r.refuse(node, 'config.missing', { field: 'resource', example: 'resource: db' })
  const count = (key: 'promoted' | 'max' | 'min'): number | undefined => r.integer(get(key), 1, LIMITS.nodes)
  const [max, min, promoted] = [count('max'), count('min'), count('promoted')]
  const rest = {
    ordered: r.boolean(get('ordered')) ?? CLONE.ordered,
    interleave: r.boolean(get('interleave')) ?? CLONE.interleave,
    notify: r.boolean(get('notify')) ?? CLONE.notify,
    targetRole:
      r.oneOf(r.fields(get('meta'), ['target-role']).get('target-role'), ['Started', 'Stopped', 'Unpromoted']) ?? CLONE.targetRole,
  }
  if (max !== undefined && promoted !== undefined && promoted > max)
    r.refuse(get('promoted') ?? node, 'config.clone-max', { word: 'promoted', count: promoted, max })
  if (max !== undefined && min !== undefined && min > max)
    r.refuse(get('min') ?? node, 'config.clone-max', { word: 'min', count: min, max })
  if (rest.targetRole === 'Unpromoted' && !get('promoted')) r.refuse(get('meta') ?? node, 'config.clone-unpromoted', { name: name ?? '-' })
  if (name === undefined || resource === undefined) return undefined
  return {
    name,
    resource,
    ...(max === undefined ? {} : { max }),
    ...(min === undefined ? {} : { min }),
    ...rest,
    ...(promoted === undefined ? {} : { promoted }),
  }
}

export function readPool(r: Reader, node: NodeAt): PoolDoc | undefined {
  const { at, get } = r.fields(node, ['name', 'resources', 'standby', 'choose', 'exclusive'])
  const name = r.matching(get('name'), NAME, 'config.bad-name')
  if (at && !get('name')) r.refuse(node, 'config.missing', { field: 'name', example: 'name: spare' })
  const names = (key: 'resources' | 'standby', limit: number, example: string): string[] => {
    const list = get(key)
    if (at && !list) r.refuse(node, 'config.missing', { field: key, example })
    if (list && isEmpty(list)) r.refuse(list, 'config.empty-list', { field: key })
    const found = r.list(list, limit).flatMap((one) => r.matching(one, NAME, 'config.bad-name') ?? [])
    const twice = found.find((one, i) => found.indexOf(one) < i)
    if (twice !== undefined) r.refuse(list ?? node, 'config.pool-twice', { name: twice, field: key })
    return found
  }
  const rest = {
    resources: names('resources', LIMITS.members, 'resources: [shop, mail]'),
    standby: names('standby', LIMITS.nodes, 'standby: [n4, n5]'),
    choose: r.oneOf(get('choose'), ['in-order', 'least-loaded']) ?? POOL.choose,
    exclusive: r.boolean(get('exclusive')) ?? POOL.exclusive,
  }
  return name === undefined ? undefined : { name, ...rest }
}

/** As a part of a resource or node: absent where nothing is named. */
export function readUtilization(r: Reader, node: NodeAt | undefined): { utilization?: Record<string, number> } {
  const entries = [...(r.map(node)?.entries ?? [])]
  const limit = LIMITS.capacities
  if (node && entries.length > limit) r.refuse(node, 'config.too-many', { path: node.path, count: entries.length, limit })
  const utilization: Record<string, number> = {}
  for (const [key, value] of entries.slice(0, limit)) {
    if (!PARAM.test(key)) {
      r.refuse(value, 'config.bad-name', { name: key })
      continue
    }
    const n = r.integer(value, LIMITS.utilization.min, LIMITS.utilization.max)
    if (n !== undefined) utilization[key] = n
  }
  return Object.keys(utilization).length === 0 ? {} : { utilization }
}
