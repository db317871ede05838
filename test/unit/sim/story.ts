/** Words for the stories: a running cluster, what was said since, and the order of it. */
import * as assert from 'uvu/assert'
import type { ResourceId } from '../../../runtime/actor.js'
import { idsOf, owners } from '../../sim/cluster.js'
import type { Machine } from '../../sim/machine.js'
import { begin } from '../../sim/scenario.js'
import type { World } from '../../sim/world.js'

export interface Story {
  readonly world: World
  readonly id: (name: string) => ResourceId
  /** Where the resource runs; exactly one machine, or the story fails. */
  owner(name: string): Machine
  machine(name: string): Machine
  /** Runs until `holds`, at most `ms` of virtual time, or the story fails with `what`. */
  until(what: string, holds: () => boolean, ms?: number): void
  run(ms: number): void
  /** Runs that guards let in since the last `mark`, as `node action resource`. */
  runs(): readonly string[]
  mark(): void
  /** Each of these was said after the one before it, since the last `mark`: `key` or `key node`. */
  inOrder(...keys: readonly string[]): void
  /** No invariant was violated. */
  clean(): void
}

export function story(seed: string, nodes: number): Story {
  const { world, watched } = begin(seed, nodes)
  world.run(1_000) // the last start has ended
  const runs: { atMs: number; text: string }[] = []
  let markMs = 0
  const nameOf = (id: ResourceId): string => Object.entries(idsOf(world)).find(([, i]) => i === id)?.[0] ?? id
  world.runs.push((m, op) => runs.push({ atMs: world.nowMs(), text: `${m.name} ${op.action} ${nameOf(op.resource)}` }))
  const s: Story = {
    world,
    id: (name) => idsOf(world)[name] as ResourceId,
    owner(name) {
      const found = owners(world, s.id(name))
      assert.is(found.length, 1, `${name} runs on ${found.map((m) => m.name).join(', ') || 'no machine'}`)
      return found[0] as Machine
    },
    machine: (name) => world.machine(name),
    until: (what, holds, ms = 20_000) => assert.ok(world.run(ms, holds), `${what}: not within ${ms} ms`),
    run: (ms) => void world.run(ms),
    runs: () => runs.filter((r) => r.atMs >= markMs).map((r) => r.text),
    mark() {
      markMs = world.nowMs()
    },
    inOrder(...keys) {
      const said = world.verdicts.filter((v) => v.atMs >= markMs).map((v) => ({ key: v.verdict.key as string, node: v.node }))
      let at = -1
      for (const want of keys) {
        const [key, node] = want.split(' ')
        at = said.findIndex((v, i) => i > at && v.key === key && (node === undefined || v.node === node))
        assert.ok(
          at >= 0,
          `"${want}" was not said after what had to come before it, in: ${said.map((v) => `${v.key} ${v.node}`).join(', ')}`,
        )
      }
    },
    clean() {
      world.run(3_000) // whoever has just booted takes the log in
      watched.end()
      assert.equal(world.violations, [])
    },
  }
  return s
}
