/** All checkers, one file an invariant; `mended` begins the rules that hold only once nothing is wrong any more, `end` looks back. */
import { watchMarks, watchRoles } from '../marks.js'
import type { World } from '../world.js'
import { bounds } from './bounds.js'
import { certificates } from './certificates.js'
import { entries } from './entries.js'
import { evidence } from './evidence.js'
import { fences } from './fences.js'
import { grants } from './grants.js'
import { inert } from './inert.js'
import { inquorate } from './inquorate.js'
import { instances } from './instances.js'
import { leaders } from './leaders.js'
import { leased } from './leased.js'
import { members } from './members.js'
import { moves } from './moves.js'
import { once } from './once.js'
import { oneOwner } from './one-owner.js'
import { ordering } from './ordering.js'
import { parameters } from './parameters.js'
import { policy } from './policy.js'
import { purity } from './purity.js'
import { rightsGiven } from './rights.js'
import { secrets } from './secrets.js'
import { settled } from './settled.js'
import { solo } from './solo.js'
import { spoken } from './spoken.js'
import { stateMachine } from './state-machine.js'
import { tokens } from './tokens.js'
import { told } from './told.js'
import { trust } from './trust.js'

export interface Watch {
  mended(): void
  /** Faults begin again. */
  hurt(): void
  end(): void
}

export function watch(world: World): Watch {
  const applied = stateMachine(world)
  const rights = rightsGiven(applied)
  watchMarks(world)
  watchRoles(world, applied)
  trust(world)
  oneOwner(world, applied, rights)
  instances(world, applied, rights)
  grants(world, applied)
  tokens(world, rights)
  told(world, applied)
  leased(world)
  certificates(world, applied)
  leaders(world)
  inquorate(world)
  policy(world)
  entries(world)
  spoken(world)
  evidence(world, applied)
  solo(world, applied)
  members(world, applied)
  inert(world, applied)
  once(world)
  purity(world)
  secrets(world)
  const calm = settled(world)
  const late = [fences(world), moves(world, applied, rights), calm]
  const last = [calm, ordering(world, applied), bounds(world), parameters(world)]
  return {
    mended() {
      for (const l of late) l.mended()
    },
    hurt() {
      for (const l of late) l.hurt()
    },
    end() {
      for (const l of last) l.end()
      applied.lost()
    },
  }
}
