/** The API's answers as text of at most the window's width. */
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

export function status(t: Terminal, s: StatusView): string {
  const q = s.quorum
  const head = `${state(t, s.verdict.state)}  ${s.cluster.name}: ${say(t, s.verdict.sentence)}`
  const more = s.verdict.problems.filter((p) => p.text.en !== s.verdict.sentence.text.en).map((p) => fold(t, `- ${say(t, p)}`, '  '))
  const facts = `quorum ${q.votes} of ${q.votesTotal} (needs ${q.votesNeeded}), leader ${s.leader ?? 'none'}, config ${s.cluster.configIndex}, view of ${s.node}${s.ageMs > 0 ? `, ${duration(s.ageMs)} old` : ''}`
  return `${[fold(t, head), ...more, fold(t, facts)].join('\n')}\n\n${nodes(t, s.nodes)}\n${resources(t, s.resources)}`
}

export const nodes = (t: Terminal, list: readonly NodeView[]): string =>
  table(
    t,
    ['NODE', 'STATE', 'SINCE', 'VOTES', 'ROLE', 'BECAUSE'],
    list.map((n) => [
      n.name,
      state(t, n.state),
      duration(n.sinceMs ?? -1),
      String(n.votes),
      n.leader ? 'leader' : '',
      n.state === 'online' ? '' : say(t, n.because),
    ]),
  )

export const resources = (t: Terminal, list: readonly ResourceView[]): string =>
  table(
    t,
    ['RESOURCE', 'AGENT', 'STATE', 'NODE', 'SINCE', 'FAILS'],
    list.map((r) => {
      const fails = r.cells
        .filter((c) => c.failCount > 0)
        .map((c) => `${c.node} ${c.failCount}/${r.migrationThreshold >= 1_000_000 ? 'inf' : r.migrationThreshold}`)
      const busy = r.cells.find((c) => c.pending)
      const word = busy?.pending
        ? busy.pending.action === 'stop'
          ? 'stopping'
          : 'starting'
        : r.role === 'Started'
          ? 'running'
          : r.role.toLowerCase()
      return [
        r.group ? `${r.group}/${r.name}` : r.name,
        r.agent,
        state(t, word),
        r.node ?? (r.mayRunOn === null ? '-' : `${r.mayRunOn}?`),
        duration(r.sinceMs ?? -1),
        fails.join(', ') || '-',
      ]
    }),
  )

export function quorum(t: Terminal, s: StatusView): string {
  const more = { en: `can lose ${s.quorum.spare} more, whichever they are`, zh: `还能再失去任意 ${s.quorum.spare} 个节点` }
  const rows = s.nodes.map((n) => [n.name, String(n.votes), state(t, n.state)])
  return `${[fold(t, say(t, s.quorum.because)), ...(s.quorum.quorate ? [more[t.lang]] : [])].join('\n')}\n\n${table(t, ['NODE', 'VOTES', 'STATE'], rows)}`
}

export const links = (t: Terminal, s: Pick<StatusView, 'links'>): string =>
  table(
    t,
    ['LINK', 'PEER', 'STATE', 'RTT P50', 'P99', 'LOSS'],
    s.links.map((l) => [String(l.link), l.peer, state(t, l.state), `${l.rttMs.p50} ms`, `${l.rttMs.p99} ms`, `${l.lossPct.toFixed(1)} %`]),
  )

/** Time of day here, to the millisecond. */
const clock = (iso: string): string => {
  const at = new Date(iso)
  return `${at.toLocaleTimeString('en-GB')}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

export const event = (t: Terminal, e: EventView): string => fold(t, `${clock(e.at)} ${e.node} ${e.actor}: ${say(t, e.sentence)}`, '', '  ')

const points = (n: number): string => (n >= 1_000_000 ? 'INFINITY' : n <= -1_000_000 ? '-INFINITY' : String(n))

export function explain(t: Terminal, e: ExplainView): string {
  const rows = e.rows.flatMap((r) => [
    [r.node + (r.chosen ? ' (chosen)' : ''), points(r.total), 'total'],
    ...r.contributions.map((c) => ['', points(c.score), `${say(t, c.sentence)} [${c.source}]`]),
  ])
  return `${fold(t, say(t, e.sentence))}\n\n${table(t, ['NODE', 'SCORE', 'BECAUSE'], rows)}`
}

/** Who takes over: one row a move; a loss after which nothing moves is said, too. */
export function takeover(t: Terminal, v: TakeoverView, pairs: boolean): string {
  const losses = v.rows.filter((r) => pairs || r.lost.length === 1)
  const rows = losses.flatMap((r) => {
    const lost = r.lost.join(' ')
    if (!r.quorate) return [[lost, '-', '-', '-', say(t, r.because)]]
    if (r.moves.length === 0) return [[lost, '-', '-', '-', { en: 'nothing moves', zh: '无变化' }[t.lang]]]
    return r.moves.map((m, i) => [
      i === 0 ? lost : '',
      m.resource,
      m.from ?? '-',
      m.to ?? { en: 'nowhere', zh: '无' }[t.lang],
      m.to ? '' : say(t, m.because),
    ])
  })
  return table(t, ['LOST', 'RESOURCE', 'FROM', 'TO', 'BECAUSE'], rows)
}

export function change(t: Terminal, c: ChangeView): string {
  const warnings = c.warnings.map((w) => fold(t, `warning: ${w}`, '', '  '))
  const diff = c.diff.map((d) => fold(t, `${d.path}: ${JSON.stringify(d.from) ?? '(none)'} -> ${JSON.stringify(d.to) ?? '(none)'}`, '  '))
  const how = c.replayed ? `done before, at ${c.applied}; nothing was changed now` : `done at ${c.applied}`
  if (c.done) return `${[how, ...diff, ...warnings].join('\n')}\n`
  const actions = c.actions.map((a) =>
    fold(t, `${say(t, a.because)} (${a.expectMs < 0 ? 'never measured' : `about ${a.expectMs} ms`})`, '  ', '  '),
  )
  const away = c.interruption.map(
    (i) => `  ${i.resource} is interrupted for ${i.ms < 0 ? 'an unknown time (never measured)' : `about ${i.ms} ms`}`,
  )
  return `${['Nothing was changed. This would happen:', ...diff, ...(actions.length ? actions : ['  no action on any resource']), ...away, ...warnings].join('\n')}\n`
}

/** What is wrong with the input says it all; else what happened and what to do. */
export function error(t: Terminal, e: ErrorView): string {
  const problems = e.problems.map((p) => fold(t, `- ${p}`, '  ', '  '))
  const plain = e.code === 'invalid' && problems.length > 0
  const head = plain ? { en: 'This is not valid:', zh: '输入无效：' }[t.lang] : `${e.message[t.lang]} ${e.todo[t.lang]}`
  return `${[fold(t, head.trim()), ...problems].join('\n')}\n`
}
