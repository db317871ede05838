/**
 * Resource x node: where each runs (solid), where it may (outlined), where it cannot (hatched, with the reason in words). On a narrow screen the same
 * as a list by node.
 */
import type { NodeView, ResourceCell, ResourceView, StatusView } from '../api/views.js'
import { Ask } from './explain.js'
import { State } from './state.js'
import { ageMs, ago, lang, level, narrow, w } from './words.js'

/** Why nothing can run on a node now, as one word; undefined = it can. */
const barred = (n: NodeView | undefined): string | undefined =>
  n === undefined ? 'unknown' : ['online', 'suspect', 'manager-down', 'leaving'].includes(n.state) ? undefined : n.state

const runs = (c: ResourceCell): boolean => c.state === 'running' || c.state === 'promoted'
const doing: Readonly<Record<string, string>> = {
  start: 'starting',
  stop: 'stopping',
  promote: 'promoting',
  demote: 'demoting',
  monitor: 'checking',
}

/** What the cell says: a machine that is off runs nothing for certain, of a silent one nobody knows. */
function wordOf(cell: ResourceCell, promotable: boolean, why: string | undefined): string {
  if (why === 'fenced' || why === 'left') return 'off'
  if (cell.pending) return doing[cell.pending.action] ?? cell.state
  return promotable && cell.state === 'running' ? 'unpromoted' : cell.state
}

function Content({ cell, resource, node }: { cell: ResourceCell; resource: ResourceView; node: NodeView | undefined }) {
  const why = barred(node)
  const limit = resource.migrationThreshold >= 1_000_000 ? '∞' : resource.migrationThreshold
  const word = wordOf(cell, resource.promotable, why)
  return (
    <>
      <State word={word} />
      {cell.pending && word !== 'off' && <span class="num pending"> {ago(cell.pending.sinceMs + ageMs.value)}</span>}{' '}
      {cell.level > 0 && <span class="level">{level(cell.level)}</span>}{' '}
      {cell.failCount > 0 && (
        <span class="fails" title={cell.lastFailure?.exitReason}>
          {w('failures')} {cell.failCount}/{limit}
        </span>
      )}{' '}
      {why !== undefined && word !== 'off' && <span class="why">{w(why)}</span>}
    </>
  )
}

const kindOf = (cell: ResourceCell, why: string | undefined): string =>
  runs(cell) && why !== 'fenced' ? 'active' : why !== undefined ? 'barred' : cell.level > 0 ? 'candidate' : ''

function Head({ node, status }: { node: NodeView; status: StatusView }) {
  const own = status.links.filter((l) => l.peer === node.name)
  const up = own.filter((l) => l.state === 'up' || l.state === 'late').length
  return (
    <>
      <span class="name">{node.name}</span>
      {node.leader && <span class="tag">{w('leader')}</span>}
      {node.self && <span class="tag">{w('here')}</span>}
      <span class="line2">
        <State word={node.state} /> <span class="dim num">{ago(node.sinceMs === null ? null : node.sinceMs + ageMs.value)}</span>
        {own.length > 0 && (
          <span class={`num ${up < own.length ? 'fails' : 'dim'}`}>
            {' '}
            {w('linksShort')} {up}/{own.length}
          </span>
        )}
      </span>
    </>
  )
}

interface Unit {
  readonly name: string
  readonly members: readonly ResourceView[]
}
const unitName = (r: ResourceView): string => r.clone ?? r.group ?? r.name
/** Clones and groups with their members, and lone resources, in the order of the configuration. */
function unitsOf(s: StatusView): Unit[] {
  const seen = new Set<string>()
  return s.resources.flatMap((r) => {
    const name = unitName(r)
    if (seen.has(name)) return []
    seen.add(name)
    return [{ name, members: s.resources.filter((m) => unitName(m) === name) }]
  })
}

function Label({ r }: { r: ResourceView }) {
  return (
    <>
      <span class="name">{r.name}</span> <span class="dim">{r.agent}</span>
      {!r.managed && <span class="tag">{w('unmanaged')}</span>}
      {r.targetRole === 'Stopped' && <span class="tag">{w('wantedStopped')}</span>}
    </>
  )
}

/** Where a group or a clone runs, in words. */
function unitState(u: Unit): string {
  if (u.members.some((m) => m.clone !== null)) {
    const nodes = [...new Set(u.members.flatMap((m) => m.nodes))]
    if (nodes.length === 0) return w('runsNowhere')
    const promoted = u.members.flatMap((m) => m.cells.filter((c) => c.state === 'promoted').map((c) => c.node))
    const role = promoted.length > 0 ? `${w('promotedOn')} ${promoted.join(' ')}` : w('noPromoted')
    return `${w('runsOn')} ${nodes.join(' ')}${u.members.some((m) => m.promotable) ? ` · ${role}` : ''}`
  }
  const homes = [...new Set(u.members.map((m) => m.node))]
  if (homes.length === 1 && homes[0] !== null) return `${w('runsOn')} ${homes[0]}`
  if (!homes.every((h) => h === null)) return w('runsPartly')
  // Unknown is not down.
  if (!u.members.some((m) => m.role === 'Unknown')) return w('runsNowhere')
  const owners = [...new Set(u.members.flatMap((m) => m.mayRunOn ?? []))]
  return `${w('runsUnknown')}${owners.map((node) => ` (${node}?)`).join('')}`
}

function Table({ status: s }: { status: StatusView }) {
  return (
    <table class="matrix" id="matrix">
      <thead>
        <tr>
          <th scope="col">{w('resource')}</th>
          {s.nodes.map((n) => (
            <th scope="col" key={n.id} class={`node ${barred(n) ? 'away' : ''}`}>
              <Head node={n} status={s} />
            </th>
          ))}
        </tr>
      </thead>
      {unitsOf(s).map((u) => {
        const clone = u.members[0]?.clone !== null
        const group = clone || u.members[0]?.group !== null
        return (
          <tbody key={u.name}>
            {group && (
              <tr class="group">
                <th scope="rowgroup" colSpan={s.nodes.length + 1}>
                  <span class="name">{u.name}</span> <span class="dim">{w(clone ? 'clone' : 'group')}</span>{' '}
                  <span class="dim">{unitState(u)}</span>
                </th>
              </tr>
            )}
            {u.members.map((r) => (
              <tr key={r.name}>
                <th scope="row" class={group ? 'member' : ''}>
                  <Ask resource={r.name}>
                    <Label r={r} />
                  </Ask>
                </th>
                {r.cells.map((c) => {
                  const node = s.nodes.find((n) => n.name === c.node)
                  const kind = kindOf(c, barred(node))
                  return (
                    <td key={`${c.node} ${kind} ${c.state}`} class={`cell ${kind}`} data-resource={r.name} data-node={c.node}>
                      <Ask resource={r.name} node={c.node}>
                        <Content cell={c} resource={r} node={node} />
                      </Ask>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        )
      })}
    </table>
  )
}

/** By node: head, then what runs or may run there. */
function List({ status: s }: { status: StatusView }) {
  return (
    <ul class="bynode" id="matrix">
      {s.nodes.map((n) => (
        <li key={n.id}>
          <div class="head">
            <Head node={n} status={s} />
          </div>
          <ul>
            {s.resources.map((r) => {
              const cell = r.cells.find((c) => c.node === n.name)
              return (
                cell && (
                  <li key={r.name} class={`cell ${kindOf(cell, barred(n))}`} data-resource={r.name} data-node={n.name}>
                    <Ask resource={r.name} node={n.name}>
                      <span class="label">
                        {unitName(r) !== r.name && <span class="dim">{unitName(r)} / </span>}
                        <span class="name">{r.name}</span>
                      </span>
                      <span>
                        <Content cell={cell} resource={r} node={n} />
                      </span>
                    </Ask>
                  </li>
                )
              )
            })}
          </ul>
        </li>
      ))}
    </ul>
  )
}

export function Matrix({ status: s }: { status: StatusView }) {
  const reasons = s.resources.filter((r) => r.node === null && r.targetRole === 'Started' && r.because)
  return (
    <section aria-labelledby="m">
      <h2 id="m">
        {w('resources')} <span class="note">{w('resourcesNote')}</span>
      </h2>
      {s.nodes.length === 0 ? (
        <p class="empty">{w('noView')}</p>
      ) : s.resources.length === 0 ? (
        <p class="empty">{w('noResources')}</p>
      ) : null}
      {s.nodes.length > 0 &&
        (narrow.value ? (
          <List status={s} />
        ) : (
          <div class="scroll">
            <Table status={s} />
          </div>
        ))}
      {reasons.length > 0 && (
        <ul class="reasons">
          {reasons.map((r) => (
            <li key={r.name}>{r.because?.text[lang.value]}</li>
          ))}
        </ul>
      )}
    </section>
  )
}
