/**
 * On a node that joined: waits until its log has caught up and the cluster has admitted this life of it (so its heartbeats are heard), then
 * asks for its votes. `giveVotes` is computed from the exact end of the leader's log, so a node that lags is refused and tries again.
 * Nothing happens on a node without joining.json.
 */
import type { BootId, NodeId } from '../../runtime/actor.js'
import { endJoining, readJoining } from '../../runtime/config/joining.js'
import { render } from '../../runtime/text/index.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { errorView } from '../api/errors.js'
import { type Cluster, giveVotes, type Outcome } from './members.js'

export const againMsDefault = 250

export interface PromotionOptions {
  readonly self: { readonly node: NodeId; readonly name: string; readonly boot: BootId }
  readonly stateDir: string
  readonly cluster: Cluster
  readonly say: (because: Verdict) => void
  readonly againMs?: number
}

/** Starts waiting; the returned function stops it. */
export function openPromotion(o: PromotionOptions): () => void {
  const joining = readJoining(o.stateDir)
  const againMs = o.againMs ?? againMsDefault
  if (!joining) return () => undefined
  let said = ''
  let stopped = false
  let timer: NodeJS.Timeout
  const attempt = async (): Promise<void> => {
    const outcome = isAdmitted(o) ? await giveVotes(o.cluster, o.self.node, joining.votes) : undefined
    if (stopped) return
    if (outcome?.done) {
      endJoining(o.stateDir)
      return
    }
    const why = outcome ? whyOf(outcome) : ''
    if (why !== said && why !== '') o.say(verdict('wait', 'cli.votes-wait', { node: o.self.name, why }, 'notice'))
    said = why
    timer = setTimeout(run, againMs)
  }
  const run = (): void =>
    void attempt().catch((e: Error) => o.say(verdict('wait', 'cli.votes-wait', { node: o.self.name, why: e.message }, 'error')))
  timer = setTimeout(run, againMs)
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

function isAdmitted({ self, cluster }: PromotionOptions): boolean {
  const life = cluster.state()?.lives[self.node]
  return life?.boot === self.boot && life.state === 'admitted'
}

function whyOf(outcome: Extract<Outcome, { done: false }>): string {
  const { why } = outcome
  return 'refused' in why ? render('en', why.because.key, why.because.args) : errorView(why.code, why.args).message.en
}
