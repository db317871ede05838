/**
 * L14: when all is well, what runs has the parameters that the configuration gives it: they were taken over by a reload, or it was started anew, also
 * where kyhad died between the change and that.
 */
import type { ResourceId } from '../../../runtime/actor.js'
import { slowness } from '../timings.js'
import type { World } from '../world.js'
import { clusterOf } from './state-machine.js'

/** A start, or a reload, and what it waits for, may just be under way. */
const adoptMs = 10_000

export function parameters(world: World): { mended(): void; hurt(): void; end(): void } {
  const old = (): string | undefined => {
    for (const m of world.roster.wanted) {
      const state = m.managed ? clusterOf(m) : undefined
      for (const { name, params } of state?.config.resources ?? []) {
        const has = m.guard?.active.get(state?.ids[name] ?? ('' as ResourceId))?.params
        const wanted = Object.keys(params)
          .sort()
          .map((key) => `${key}=${params[key]}`)
          .join(' ')
        if (has !== undefined && has !== wanted) return `${name} runs on ${m.name} with "${has}" instead of "${wanted}"`
      }
    }
    return undefined
  }
  return {
    mended: () => undefined,
    hurt: () => undefined,
    end() {
      if (world.run(adoptMs * slowness(world.timing), () => old() === undefined)) return
      world.violate('L14', old() ?? '')
    },
  }
}
