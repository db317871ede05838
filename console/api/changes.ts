/**
 * How a change gets into the log: check If-Match, preview it (`dryRun`), or propose it and wait until it is applied on this node. A lost
 * answer is "unknown", never "failed"; the idempotency key makes asking again safe.
 */
import { randomUUID } from 'node:crypto'
import type { Matrix, MatrixPlease, PlanPlease, PlanView } from '../../actors/coordinator/messages.js'
import { apply } from '../../actors/log/apply.js'
import type { Entry, Propose, Proposed } from '../../actors/log/messages.js'
import type { ClusterState } from '../../actors/log/state.js'
import type { HostFacts } from '../../agents/contract.js'
import type { Address, Index, Msg, SendClass } from '../../runtime/actor.js'
import { diffDocs } from '../../runtime/config/diff.js'
import type { ConfigDoc } from '../../runtime/config/document.js'
import { index } from '../../runtime/ids.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Problem } from './errors.js'
import { removals } from './foresight.js'
import { interruptions } from './interruption.js'
import type { Model } from './model.js'
import { reloadsOf } from './reloads.js'
import { sentence } from './sentences.js'
import { nameOf } from './status.js'
import type { ActionView, ChangeView, Freshness, Sentence } from './views.js'

export const proposeMsMax = 5000
export const planMsMax = 3000
/** More than the coordinator gives the pool. */
export const matrixMsMax = 12_000
export const waitingMax = 256

export type Send = (to: Address, msg: Msg, cls: SendClass) => void

/** What a request said besides its change. */
export interface Ask {
  readonly dryRun: boolean
  readonly ifMatch: number | undefined
  readonly key: string | undefined
  /** Refuse (stale-revision) unless the log still ends here: for changes that were computed from the whole state. */
  readonly ifIndex?: number
}

/** Why a change was not made: the API's error code and its HTTP status follow from it. */
export interface Refused {
  readonly code: string
  readonly args: Readonly<Record<string, string | number>>
  readonly operation?: string
  readonly problems?: readonly Problem[]
}

export class Changes {
  readonly #model: Model
  readonly #send: Send
  readonly #prefix: string
  readonly #facts: HostFacts | undefined
  readonly #waiting = new Map<string, (msg: Msg) => void>()

  /** `facts`: where agents lie on this node; absent: no reload is foreseen. */
  constructor(model: Model, send: Send, prefix: string, facts?: HostFacts) {
    this.#facts = facts
    this.#model = model
    this.#send = send
    this.#prefix = prefix
  }

  /** Answers of log and coordinator; true when somebody waited for it. */
  receive(msg: Msg): boolean {
    const id = (msg as Msg & { id?: string }).id
    if (id === undefined || !['proposed', 'plan', 'matrix'].includes(msg.type)) return false
    const waiter = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiter?.(msg)
    return waiter !== undefined
  }

  /**
   * Was a change with this id made? The log answers an id that it knows before it looks at anything else; this proposal itself can never be
   * applied, since no log ends at -1.
   */
  async recall(id: string): Promise<'new' | { readonly applied: number | null } | Refused> {
    const never: Propose = { type: 'propose', id, entry: { type: 'cleanup', resource: '-', by: 'recall' }, ifIndex: -1 as Index }
    const answer = (await this.#ask({ path: 'log' }, never, id, proposeMsMax)) as Proposed | undefined | 'busy'
    if (answer === 'busy') return { code: 'busy', args: {} }
    if (!answer || answer.refused === 'unknown') return { code: 'unknown-outcome', args: { operation: id }, operation: id }
    if (answer.ok) return { applied: answer.index ?? null }
    return answer.refused === 'no-leader' || answer.refused === 'no-quorum' ? { code: answer.refused, args: {} } : 'new'
  }

  /** The plan as it would be; undefined when the coordinator did not answer in time. */
  async plan(whatIf?: PlanPlease['whatIf']): Promise<PlanView | undefined> {
    const id = `${this.#prefix}:plan:${randomUUID()}`
    const please: PlanPlease = { type: 'plan-please', id, ...(whatIf ? { whatIf } : {}) }
    const answer = await this.#ask({ path: 'coordinator' }, please, id, planMsMax)
    return answer === 'busy' ? undefined : (answer as PlanView | undefined)
  }

  /** Who takes over after which loss: hundreds of plans, worked out in the pool. */
  async matrix(): Promise<Matrix | undefined> {
    const id = `${this.#prefix}:matrix:${randomUUID()}`
    const please: MatrixPlease = { type: 'matrix-please', id }
    const answer = await this.#ask({ path: 'coordinator' }, please, id, matrixMsMax)
    return answer === 'busy' ? undefined : (answer as Matrix | undefined)
  }

  async make(
    entry: Entry,
    ask: Ask,
    diff: ChangeView['diff'] = [],
    warnings: readonly Sentence[] = [],
  ): Promise<Omit<ChangeView, keyof Freshness> | Refused> {
    const revision = this.#model.state?.configIndex ?? 0
    if (ask.ifMatch !== undefined && ask.ifMatch !== revision) return { code: 'stale-revision', args: { given: ask.ifMatch, revision } }
    const operation = ask.key ?? `${this.#prefix}:${randomUUID()}`
    if (ask.dryRun) return this.#preview(entry, operation, diff, warnings)
    const propose: Propose = {
      type: 'propose',
      id: operation,
      entry,
      ...(ask.ifMatch === undefined ? {} : { ifConfigIndex: ask.ifMatch as Index }),
      ...(ask.ifIndex === undefined ? {} : { ifIndex: ask.ifIndex as Index }),
    }
    const indexBefore = this.#model.state?.index ?? 0
    const answer = (await this.#ask({ path: 'log' }, propose, operation, proposeMsMax)) as Proposed | undefined | 'busy'
    if (answer === 'busy') return { code: 'busy', args: {} }
    if (!answer || answer.refused === 'unknown') return { code: 'unknown-outcome', args: { operation }, operation }
    if (!answer.ok) {
      const problems = answer.because ? [answer.because] : []
      return { code: answer.refused ?? 'invalid', args: { revision }, operation, problems }
    }
    const made = { done: true, applied: answer.index ?? null, operation, actions: [], interruption: [], reloads: [], warnings }
    // Applied before this was asked: the key was used already, and nothing was changed now.
    return answer.index !== undefined && answer.index <= indexBefore ? { ...made, diff: [], replayed: true as const } : { ...made, diff }
  }

  async #preview(
    entry: Entry,
    operation: string,
    diff: ChangeView['diff'],
    warned: readonly Sentence[],
  ): Promise<Omit<ChangeView, keyof Freshness> | Refused> {
    const refused = this.#model.state && refusalOf(this.#model.state, entry)
    if (refused) return { code: 'invalid', args: {}, problems: [refused] }
    const mayReload = entry.type === 'config' ? await reloadsOf(this.#model, entry.doc, this.#facts) : []
    const names = [...new Set(mayReload.map((r) => r.resource))]
    const plan = await this.plan(entry.type === 'config' ? { doc: entry.doc, reloads: names } : { entry })
    const leave = entry.type === 'config' ? removals(this.#model, entry.doc) : { actions: [], warnings: [] }
    const actions = [...leave.actions, ...inOrder(plan?.actions ?? []).map((a) => actionView(this.#model, a))]
    const late = plan ? [] : [sentence(verdict('warn', 'console.plan-late', {}, 'warning'))]
    const warnings = [...warned, ...leave.warnings, ...late]
    // What is stopped for another reason comes back with the new parameters.
    const reloads = mayReload.filter((r) => !actions.some((a) => a.action === 'stop' && a.resource === r.resource && a.node === r.node))
    return { done: false, applied: null, operation, diff, actions, interruption: interruptions(actions), reloads, warnings }
  }

  /** `busy`: it was not sent, since too many wait. Undefined: it was, and no answer came. */
  #ask(to: Address, msg: Msg, id: string, msMax: number): Promise<Msg | undefined | 'busy'> {
    if (this.#waiting.size >= waitingMax) return Promise.resolve('busy')
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#waiting.delete(id)
        resolve(undefined)
      }, msMax)
      this.#waiting.set(id, (answer) => {
        clearTimeout(late)
        resolve(answer)
      })
      this.#send(to, msg, 'control')
    })
  }
}

/** Why the log would not take it, as it stands here. */
const refusalOf = (state: ClusterState, entry: Entry): Verdict | undefined =>
  apply(state, { index: index(state.index + 1), term: state.term, entry }).refused

/** Steps in an order in which they can be done: each after those that it waits for. A circle keeps the plan's own order. */
export function inOrder(actions: PlanView['actions']): PlanView['actions'] {
  const left = [...actions]
  const done: PlanView['actions'][number][] = []
  while (left.length > 0) {
    const waits = new Set(left.map((a) => a.id))
    const next = Math.max(
      0,
      left.findIndex((a) => !a.after.some((id) => waits.has(id))),
    )
    done.push(...left.splice(next, 1))
  }
  return done
}

export const actionView = (model: Model, a: PlanView['actions'][number]): ActionView => ({
  resource: a.name,
  node: nameOf(model.state, a.node) ?? a.node,
  action: a.action,
  after: a.after,
  id: a.id,
  expectMs: a.expectMs,
  because: sentence(a.because),
})

/** A configuration change with its diff. */
export function configEntry(model: Model, doc: ConfigDoc, by: string): { entry: Entry; diff: ChangeView['diff'] } {
  const old = model.state?.config
  const diff = (old ? diffDocs(old, doc) : []).map((c) => ({ path: c.path, from: c.from ?? null, to: c.to ?? null }))
  const because = { do: 'config', key: 'console.config-by', args: { by, changes: diff.length }, severity: 'notice' } as const
  return { entry: { type: 'config', doc, by, because }, diff }
}
