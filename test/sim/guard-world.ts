/** What the simulated guard knows of agents: services that run, how a run goes and goes wrong, parameters; and what it asks of the world. */
import type { AgentOp, AgentResult, ResourceId, Token } from '../../runtime/actor.js'

export interface Running {
  token: Token
  pid: number
  /** It has the promoted role. */
  promoted: boolean
  /** Parameters that it runs with. */
  params: string
}

/**
 * How the next run of an action goes wrong. fails: exit code 1, without effect. hangs: until its limit. stuck: the same, and no signal ends it
 * (D state). lies: exit code 0, without effect. crashes: ended by a signal half-way. not-born: it could not be started.
 */
export type Mishap = 'fails' | 'hangs' | 'stuck' | 'lies' | 'crashes' | 'not-born'

/** What it says of a run that kyhad had it end: nothing about the service. */
export const killedByOrder = 'killed by order of the manager'

/** How the run of an agent goes. */
export interface Conduct {
  /** Until it exits, ms; infinite: it never does. */
  readonly ms: number
  readonly rc: number
  /** A service is there from its begin on. */
  readonly serves: boolean
}

/** What the world does for the guard: time, the power switch, and delivery to kyhad. */
export interface GuardWorld {
  now(): number
  after(ms: number, run: () => void): void
  /** Asks a power switch; answers through `done` unless the switch is out of order (then never). */
  power(plug: string, action: string, done: (rc: number) => void): void
  result(result: AgentResult, issuer: string): void
  /** A run was let in. */
  began(op: AgentOp, token: Token): void
  death(resource: ResourceId, pid: number): void
  /** Since the machine's start, suspends counted; a lease is measured by it. */
  bootMs?(): number
  /** Whether a lease is armed. */
  leased?(armed: boolean): void
  /** Nobody pets the watchdog from now on, or somebody does again. */
  starves?(starving: boolean): void
  /** How an agent behaves, where a test wants to say so; else as agents of the product do. */
  conduct?(op: AgentOp): Conduct
}

/** What an agent is given of its parameters. */
export const paramsOf = ({ env }: AgentOp): string =>
  Object.keys(env)
    .filter((key) => key.startsWith('OCF_RESKEY_') && !key.startsWith('OCF_RESKEY_CRM_') && key !== 'OCF_RESKEY_crm_feature_set')
    .sort()
    .map((key) => `${key.slice('OCF_RESKEY_'.length)}=${env[key]}`)
    .join(' ')
/** The parameter that simulated agents take over while they run; all others need a new start. */
export const reloadable = 'load'

/** What a service has after a reload: the reloadable parameter anew, the others as they were. */
export function takenOver(has: string, op: AgentOp): string {
  const isNew = (pair: string): boolean => pair.startsWith(`${reloadable}=`)
  const pairs = [...has.split(' ').filter((pair) => pair && !isNew(pair)), ...paramsOf(op).split(' ').filter(isNew)]
  return pairs.sort().join(' ')
}
