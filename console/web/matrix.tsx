/** Resource x node, and link x peer. State is glyph, word and colour; running is quiet, trouble is not. */
import type { NodeView, ResourceCell, ResourceView, StatusView } from '../api/views.js'
import { ago, lang, level, w } from './words.js'

const glyphs: Record<string, string> = {
  running: '●',
  promoted: '▲',
  starting: '◐',
  stopping: '◐',
  stopped: '○',
  failed: '✕',
  'stop-failed': '✕',
  unknown: '?',
  up: '●',
  late: '◐',
  silent: '✕',
  'never-heard': '?',
  online: '●',
  standby: '○',
  maintenance: '‖',
  pending: '◐',
  suspect: '◐',
  'manager-down': '◐',
  fencing: '⊘',
  fenced: '⊘',
  left: '○',
  leaving: '◐',
}

function State({ word, title }: { word: string; title?: string | undefined }) {
  return (
    <span class={`state ${word}`} title={title}>
      <span aria-hidden="true">{glyphs[word] ?? '?'}</span> {w(word)}
    </span>
  )
}

function Head({ node }: { node: NodeView }) {
  return (
    <th scope="col">
      <span class="name">{node.name}</span>
      {node.leader && <span class="tag">{w('leader')}</span>}
      <br />
      <State word={node.state} title={node.because?.text[lang.value]} /> <span class="dim">{ago(node.sinceMs)}</span>
    </th>
  )
}

function Cell({ cell, resource, away }: { cell: ResourceCell; resource: ResourceView; away: boolean }) {
  const word = away
    ? 'unknown'
    : cell.pending
      ? cell.pending.action === 'stop'
        ? 'stopping'
        : cell.pending.action === 'start'
          ? 'starting'
          : cell.state
      : cell.state
  const active = !away && (cell.state === 'running' || cell.state === 'promoted')
  const limit = resource.migrationThreshold >= 1_000_000 ? '∞' : resource.migrationThreshold
  return (
    <td class={`cell ${active ? 'active' : ''} ${away ? 'away' : ''}`} title={cell.lastFailure?.exitReason}>
      {away ? <span class="dim">–</span> : <State word={word} />} <span class="level">{level(cell.level)}</span>
      {cell.failCount > 0 && (
        <span class="fails">
          {cell.failCount}/{limit}
        </span>
      )}
    </td>
  )
}

export function Matrix({ status: s }: { status: StatusView }) {
  const away = (n: NodeView | undefined): boolean => !n || ['silent', 'fenced', 'fencing', 'unknown', 'left'].includes(n.state)
  return (
    <section aria-labelledby="m">
      <h2 id="m">{w('resources')}</h2>
      <div class="scroll">
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">{w('resource')}</th>
              {s.nodes.map((n) => (
                <Head key={n.id} node={n} />
              ))}
            </tr>
          </thead>
          <tbody>
            {s.resources.length === 0 && (
              <tr>
                <td colSpan={s.nodes.length + 1}>{w('noResources')}</td>
              </tr>
            )}
            {s.resources.map((r) => (
              <tr key={r.name}>
                <th scope="row" title={r.because?.text[lang.value]}>
                  {r.group && <span class="dim">{r.group} / </span>}
                  {r.name} <span class="dim">{r.agent}</span>
                </th>
                {r.cells.map((c) => (
                  <Cell key={c.node} cell={c} resource={r} away={away(s.nodes.find((n) => n.name === c.node))} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

export function Links({ status: s }: { status: StatusView }) {
  const peers = [...new Set(s.links.map((l) => l.peer))].sort()
  const links = [...new Set(s.links.map((l) => l.link))].sort()
  return (
    <section aria-labelledby="l">
      <h2 id="l">{w('links')}</h2>
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">
              {w('link')} {s.node}
            </th>
            {peers.map((p) => (
              <th scope="col" key={p}>
                {w('peer')} {p}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {links.map((l) => (
            <tr key={l}>
              <th scope="row">net{l}</th>
              {peers.map((p) => {
                const cell = s.links.find((c) => c.link === l && c.peer === p)
                return (
                  <td key={p}>
                    {cell && <State word={cell.state} />}{' '}
                    {cell?.state === 'silent' ? (
                      <span class="dim">{ago(cell.silentMs)}</span>
                    ) : (
                      cell && <span class="dim">{cell.rttMs.p50} ms</span>
                    )}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
