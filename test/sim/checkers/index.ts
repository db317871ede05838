/** All checkers, one file an invariant; `mended` begins the rules that hold only once nothing is wrong any more, `end` looks back. */
import type { World } from '../world.js'
import { certificates } from './certificates.js'
import { fences } from './fences.js'
import { grants } from './grants.js'
import { inquorate } from './inquorate.js'
import { leaders } from './leaders.js'
import { moves } from './moves.js'
import { oneOwner } from './one-owner.js'
import { stateMachine } from './state-machine.js'
import { tokens } from './tokens.js'

export interface Watch {
  mended(): void
  end(): void
}

export function watch(world: World): Watch {
  const applied = stateMachine(world)
  oneOwner(world)
  grants(world, applied)
  tokens(world)
  certificates(world, applied)
  leaders(world)
  inquorate(world)
  const late = [fences(world), moves(world, applied)]
  return {
    mended() {
      for (const l of late) l.mended()
    },
    end: () => applied.lost(),
  }
}
