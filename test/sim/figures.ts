/** Virtual time of a failover: the owner loses power; until the first start order, and until the resource really runs elsewhere. */
import { owners } from './cluster.js'
import { begin, idsOf } from './scenario.js'

export interface Failover {
  readonly orderMs: number
  readonly activeMs: number
}

export function failover(seed: string, nodes: number): Failover | undefined {
  const { world } = begin(seed, nodes)
  world.run(1_000 + world.random.int(1_000))
  const id = idsOf(world)['web']
  const [owner] = id === undefined ? [] : owners(world, id)
  if (!owner || id === undefined) return undefined
  const atMs = world.nowMs()
  owner.powerOff()
  const started = () =>
    world.verdicts.find((v) => v.atMs > atMs && v.verdict.key === 'resource.started' && v.verdict.args['resource'] === 'web')
  if (!world.run(30_000, () => owners(world, id).length === 1 && started() !== undefined)) return undefined
  const activeMs = world.nowMs() - atMs
  const order = world.verdicts.find((v) => v.atMs > atMs && v.verdict.key === 'coordinator.start')
  return order && { orderMs: order.atMs - atMs, activeMs }
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
