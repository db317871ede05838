/** Link x peer as this node hears them: round trip p50 and p99, loss; a silent link says since when. The disk is one more row. */
import type { LinkCell, StatusView } from '../api/views.js'
import { State } from './state.js'
import { ageMs, ago, lang, w } from './words.js'

const ms = (n: number): string => (n >= 10 || Number.isInteger(n) ? String(Math.round(n)) : n.toFixed(1))

function Cell({ cell }: { cell: LinkCell | undefined }) {
  if (!cell) return <td />
  const away = cell.state === 'silent'
  return (
    <td class={away ? 'bad' : ''}>
      <State word={cell.state} />{' '}
      {away ? (
        <span class="num">{ago(cell.silentMs + ageMs.value)}</span>
      ) : (
        cell.state !== 'never-heard' && (
          <span class="dim num">
            {ms(cell.rttMs.p50)} / {ms(cell.rttMs.p99)} ms
          </span>
        )
      )}{' '}
      {!away && cell.lossPct >= 0.05 && (
        <span class="fails">
          {w('loss')} {cell.lossPct.toFixed(1)} %
        </span>
      )}
    </td>
  )
}

export function Links({ status: s }: { status: StatusView }) {
  const peers = [...new Set(s.links.map((l) => l.peer))]
  const links = [...new Set(s.links.map((l) => l.link))].sort((a, b) => a - b)
  const disk = s.optional.diskHeartbeat
  return (
    <section aria-labelledby="l">
      <h2 id="l">
        {w('links')} <span class="note">{w('linksNote')}</span>
      </h2>
      <div class="scroll">
        <table class="matrix" id="links">
          <thead>
            <tr>
              <th scope="col">
                {w('heardBy')} {s.node}
              </th>
              {peers.map((p) => (
                <th scope="col" key={p}>
                  <span class="name">{p}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {links.map((l) => (
              <tr key={l}>
                <th scope="row">net{l}</th>
                {peers.map((p) => (
                  <Cell key={p} cell={s.links.find((c) => c.link === l && c.peer === p)} />
                ))}
              </tr>
            ))}
            <tr>
              <th scope="row">{w('disk')}</th>
              <td colSpan={Math.max(1, peers.length)} class="dim">
                {disk?.text[lang.value] ?? w('notSaid')}
              </td>
            </tr>
          </tbody>
        </table>
      </div>
    </section>
  )
}
