/** The API's answers as text of at most the window's width, in the reader's language. */
import { lifeText, render, type TextKey } from '../../runtime/text/index.js'
import type { Args } from '../../runtime/verdict.js'
import { shortId } from '../api/events.js'
import type {
  ChangeView,
  ErrorView,
  EventView,
  ExplainView,
  NodeView,
  ResourceView,
  Sentence,
  StatusView,
  TakeoverView,
} from '../api/views.js'
import { duration, fold, state, type Terminal, table } from './terminal.js'

export const say = (t: Terminal, s: Sentence | null): string => (s === null ? '' : s.text[t.lang])

type Tail<K extends string, P extends string> = K extends `${P}.${infer T}` ? T : never
/** Heads of columns. */
export const heads = (t: Terminal, ...names: readonly Tail<TextKey, 'head'>[]): string[] => names.map((n) => render(t.lang, `head.${n}`))
export const word = (t: Terminal, name: Tail<TextKey, 'word'>, args: Args = {}): string => render(t.lang, `word.${name}`, args)

export function status(t: Terminal, s: StatusView): string {
  const q = s.quorum
  const head = `${state(t, s.verdict.state)}  ${s.cluster.name}: ${say(t, s.verdict.sentence)}`
  const more = s.verdict.problems.filter((p) => p.text.en !== s.verdict.sentence.text.en).map((p) => fold(t, `- ${say(t, p)}`, '  '))
  const args = { votes: q.votes, votesTotal: q.votesTotal, votesNeeded: q.votesNeeded, config: s.cluster.configIndex, node: s.node }
  const now = word(t, 'facts', { ...args, leader: s.leader ?? word(t, 'none') })
  if (q.witness?.kind === 'device' && !q.witness.connected && q.witness.because) more.push(fold(t, `- ${say(t, q.witness.because)}`, '  '))
  const facts = s.ageMs > 0 ? word(t, 'old', { facts: now, age: duration(t, s.ageMs) }) : now
  return `${[fold(t, head), ...more, fold(t, facts)].join('\n')}\n\n${nodes(t, s.nodes)}\n${resources(t, s.resources)}`
}

export const nodes = (t: Terminal, list: readonly NodeView[]): string =>
  table(
    t,
    heads(t, 'node', 'state', 'since', 'votes', 'role', 'because'),
    list.map((n) => [
      n.name,
      state(t, n.state),
      duration(t, n.sinceMs ?? -1),
      String(n.votes),
      n.leader ? word(t, 'leader') : '',
      n.state === 'online' ? '' : say(t, n.because),
    ]),
  )

const busyWord: Readonly<Record<string, string>> = { stop: 'stopping', promote: 'promoting', demote: 'demoting' }

/** What a resource does now, as one of the states. */
function stateOfResource(r: ResourceView): string {
  const doing = r.cells.flatMap((c) => (c.pending ? [busyWord[c.pending.action] ?? 'starting'] : []))[0]
  if (doing) return doing
  return r.role === 'Started' ? 'running' : r.role.toLowerCase()
}

/** The node; of a clone each node, the promoted ones marked; with a question mark where it may run unseen. */
function placesOf(r: ResourceView): string {
  if (r.clone === null) return r.node ?? (r.mayRunOn === null ? '-' : `${r.mayRunOn}?`)
  const promoted = (node: string): boolean => r.cells.some((c) => c.node === node && c.state === 'promoted')
  return r.nodes.map((n) => (promoted(n) ? `${n}*` : n)).join(' ') || '-'
}

export const resources = (t: Terminal, list: readonly ResourceView[]): string =>
  table(
    t,
    heads(t, 'resource', 'agent', 'state', 'node', 'since', 'fails'),
    list.map((r) => {
      const fails = r.cells
        .filter((c) => c.failCount > 0)
        .map((c) => `${c.node} ${c.failCount}/${r.migrationThreshold >= 1_000_000 ? 'inf' : r.migrationThreshold}`)
      return [
        [r.clone, r.group, r.name].filter((name) => name !== null).join('/'),
        r.agent,
        state(t, stateOfResource(r)),
        placesOf(r),
        duration(t, r.sinceMs ?? -1),
        fails.join(', ') || '-',
      ]
    }),
  )

/** Which witness is asked, when it last answered, and what it held then. */
export function witness(t: Terminal, { quorum: { witness: w, device } }: StatusView): string {
  if (!w) return `${fold(t, device ? word(t, 'witness-unused', { witness: device.name }) : word(t, 'witness-none'))}\n`
  const answered = w.answeredAgoMs === null ? word(t, 'never') : duration(t, w.answeredAgoMs)
  const record = w.record ? word(t, w.record.owner ? 'witness-owner' : 'witness-both', { ...w.record, owner: w.record.owner ?? '-' }) : '-'
  const lines = [
    word(t, w.inUse ? 'witness-used' : 'witness-waits', { witness: w.name }),
    ...(w.kind === 'device' ? [word(t, 'witness-answered', { answered, record })] : []),
    say(t, w.because),
  ]
  return `${lines.map((line) => fold(t, line)).join('\n')}\n`
}

export function quorum(t: Terminal, s: StatusView): string {
  const more = s.quorum.quorate ? [word(t, 'spare', { spare: s.quorum.spare })] : []
  if (s.quorum.witness) more.push(witness(t, s).trimEnd())
  const rows = s.nodes.map((n) => [n.name, String(n.votes), state(t, n.state)])
  return `${[fold(t, say(t, s.quorum.because)), ...more].join('\n')}\n\n${table(t, heads(t, 'node', 'votes', 'state'), rows)}`
}

export const links = (t: Terminal, s: Pick<StatusView, 'links'>): string =>
  table(
    t,
    heads(t, 'link', 'peer', 'state', 'rtt-p50', 'rtt-p99', 'loss'),
    s.links.map((l) => [String(l.link), l.peer, state(t, l.state), `${l.rttMs.p50} ms`, `${l.rttMs.p99} ms`, `${l.lossPct.toFixed(1)} %`]),
  )

export function fencing(t: Terminal, f: StatusView['fencing']): string {
  const devices = f.devices.map((d) => [d.name, d.agent, String(d.level), d.nodes.join(' ')])
  return `${fold(t, word(t, f.enabled ? 'fencing-on' : 'fencing-off'))}\n\n${table(t, heads(t, 'device', 'agent', 'level', 'nodes'), devices)}`
}

export const fenced = (t: Terminal, f: StatusView['fencing']): string =>
  table(
    t,
    heads(t, 'node', 'how', 'by', 'intent', 'life'),
    f.certificates.map((c) => [c.node, word(t, c.how === 'operator' ? 'operator' : 'device'), c.by, String(c.index), lifeText(c.boot)]),
  )

/** Time of day here, to the millisecond. */
const clock = (iso: string): string => {
  const at = new Date(iso)
  return `${at.toLocaleTimeString('en-GB')}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

export const event = (t: Terminal, e: EventView): string =>
  fold(t, `${clock(e.at)} ${e.node} ${e.speaker}: ${say(t, e.sentence)}`, '', '  ')

/** Events, and how to go on from them: the cursor in its short form, on a line that can be copied. */
export function events(t: Terminal, v: { readonly events: readonly EventView[]; readonly cursor: string }, since = ''): string {
  const [decision = '', observation = ''] = v.cursor.split('~')
  const last = v.events.findLast((e) => e.id === observation)
  const seen = last ? shortId(last) : since.split('~')[1] || observation
  const next = decision === '' && seen === '' ? [] : [word(t, 'events-next', { cursor: `${decision}~${seen}` })]
  const list = v.events.length === 0 ? [word(t, 'nothing')] : v.events.map((e) => event(t, e))
  return `${[...list, ...next].join('\n')}\n`
}

/** A score as operators write it. */
export const points = (n: number): string => (n >= 1_000_000 ? 'INFINITY' : n <= -1_000_000 ? '-INFINITY' : String(n))

export function explain(t: Terminal, e: ExplainView): string {
  const rows = e.rows.flatMap((r) => [
    [r.chosen ? word(t, r.promoted ? 'promoted' : 'chosen', { node: r.node }) : r.node, points(r.total), word(t, 'total')],
    ...r.contributions.map((c) => ['', points(c.score), `${say(t, c.sentence)} [${c.source}]`]),
  ])
  return `${fold(t, say(t, e.sentence))}\n\n${table(t, heads(t, 'node', 'score', 'because'), rows)}`
}

/** Who takes over: one row a move; a loss after which nothing moves is said, too. */
export function takeover(t: Terminal, v: TakeoverView, pairs: boolean): string {
  const losses = v.rows.filter((r) => pairs || r.lost.length === 1)
  const rows = losses.flatMap((r) => {
    const lost = r.lost.join(' ')
    if (!r.quorate) return [[lost, '-', '-', '-', say(t, r.because)]]
    if (r.moves.length === 0) return [[lost, '-', '-', '-', word(t, 'no-move')]]
    return r.moves.map((m, i) => [
      i === 0 ? lost : '',
      m.resource,
      m.from ?? '-',
      m.to ?? word(t, 'nowhere'),
      m.to ? '' : say(t, m.because),
    ])
  })
  return table(t, heads(t, 'lost', 'resource', 'from', 'to', 'because'), rows)
}

export function change(t: Terminal, c: ChangeView): string {
  const warnings = c.warnings.map((w) => fold(t, word(t, 'warning', { text: say(t, w) }), '', '  '))
  const diff = c.diff.map((d) => fold(t, `${d.path}: ${JSON.stringify(d.from) ?? '-'} -> ${JSON.stringify(d.to) ?? '-'}`, '  '))
  const how = word(t, c.replayed ? 'replayed' : 'done', { index: c.applied ?? 0 })
  if (c.done) return `${[how, ...diff, ...warnings].join('\n')}\n`
  const actions = c.actions.map((a) =>
    fold(t, word(t, a.expectMs < 0 ? 'action-unknown' : 'action', { text: say(t, a.because), ms: a.expectMs }), '  ', '  '),
  )
  const away = c.interruption.map((i) => fold(t, word(t, i.ms < 0 ? 'away-unknown' : 'away', { ...i }), '  ', '  '))
  const reloads = c.reloads.map((r) => fold(t, say(t, r.because), '  ', '  '))
  const steps = actions.length + reloads.length > 0 ? [...actions, ...reloads] : [`  ${word(t, 'no-action')}`]
  return `${[word(t, 'dry-run'), ...diff, ...steps, ...away, ...warnings].join('\n')}\n`
}

/** What is wrong with the input says it all; else what happened and what to do. */
export function error(t: Terminal, e: ErrorView): string {
  const problems = e.problems.map((p) => fold(t, `- ${p}`, '  ', '  '))
  const plain = e.code === 'invalid' && problems.length > 0
  const head = plain ? word(t, 'invalid') : `${e.message[t.lang]} ${e.todo[t.lang]}`
  return `${[fold(t, head.trim()), ...problems].join('\n')}\n`
}
