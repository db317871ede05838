/** Stops and demotions that failures call for, noted down while histories were read. */
import type { World } from '../world.js'
import { demote, stop } from './create.js'

export function createStops(w: World): void {
  for (const { res, host } of w.memory.wantStop) stop(w, res, host, false)
  for (const { res, host } of w.memory.wantDemote) if (res.active.includes(host)) demote(w, res, host, false)
}
