/**
 * Why a resource is where it is, and why not elsewhere: the object that `kyha explain` prints, in a drawer beside the matrix. Asked anew while
 * it is open and the cluster changes. Escape or the button closes it, and the focus goes back to where it was.
 */
import { effect, signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { ErrorView, ExplainView } from '../api/views.js'
import { here, status } from './store.js'
import { lang, w } from './words.js'

interface Question {
  readonly resource: string
  readonly node: string | undefined
  readonly from: HTMLElement
}
const question = signal<Question | null>(null)
const answer = signal<ExplainView | ErrorView | null>(null)

const askAgainMs = 1000

/** Opens the drawer: the whole resource, or one node's part of it. */
export function explain(resource: string, node: string | undefined, from: HTMLElement): void {
  answer.value = null
  question.value = { resource, node, from }
}

function close(): void {
  question.value?.from.focus()
  question.value = null
}

async function ask({ resource, node }: Question): Promise<void> {
  const on = node === undefined ? '' : `?on=${encodeURIComponent(node)}`
  try {
    const got = await fetch(`${here()}/api/v1/resources/${encodeURIComponent(resource)}/explain${on}`, { cache: 'no-store' })
    const said = (await got.json()) as ExplainView | ErrorView
    if (question.value?.resource === resource && question.value.node === node) answer.value = said
  } catch {
    // The node is away: what it said last stays, and the verdict says that it is out of date.
  }
}

/** Asks at once, and again at most once a second when something that is shown changed. */
let askedMs = 0
let seen = ''
effect(() => {
  const now = question.value
  const s = status.value
  if (!now) return
  const state = `${now.resource} ${now.node} ${s?.index} ${s?.resources.map((r) => `${r.role}${r.node}`).join()}`
  if (state === seen && answer.peek()) return
  const waitMs = answer.peek() ? Math.max(0, askedMs + askAgainMs - performance.now()) : 0
  seen = state
  askedMs = performance.now() + waitMs
  setTimeout(() => void ask(now), waitMs)
})

const points = (n: number): string => (n >= 1_000_000 ? '+∞' : n <= -1_000_000 ? '−∞' : String(n))

function Rows({ view }: { view: ExplainView }) {
  return (
    <table class="matrix scores">
      <thead>
        <tr>
          <th scope="col">{w('node')}</th>
          <th scope="col">{w('score')}</th>
          <th scope="col">{w('because')}</th>
        </tr>
      </thead>
      {view.rows.map((r) => (
        <tbody key={r.node}>
          <tr class={r.chosen ? 'chosen' : ''}>
            <th scope="row">
              <span class="name">{r.node}</span> {r.chosen && <span class="tag">{w(r.promoted ? 'promoted' : 'chosen')}</span>}
            </th>
            <td class="num">{points(r.total)}</td>
            <td>{w('total')}</td>
          </tr>
          {r.contributions.map((c) => (
            <tr key={`${c.source} ${c.sentence.key}`}>
              <td />
              <td class="num">{points(c.score)}</td>
              <td>
                {c.sentence.text[lang.value]} <span class="dim">{c.source}</span>
              </td>
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  )
}

export function Explain() {
  const now = question.value
  const said = answer.value
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    button.current?.focus()
    const key = (e: KeyboardEvent): void => {
      if (e.key === 'Escape') close()
    }
    document.addEventListener('keydown', key)
    return () => document.removeEventListener('keydown', key)
  }, [now])
  if (!now) return null
  return (
    <section class="drawer" role="dialog" aria-labelledby="x">
      <div class="line">
        <h2 id="x">
          {w('why')} {now.resource}
          {now.node !== undefined && ` · ${now.node}`}
        </h2>
        <button type="button" id="close" ref={button} onClick={close}>
          {w('close')}
        </button>
      </div>
      {said === null ? (
        <p class="empty">{w('asking')}</p>
      ) : said.kind === 'Explain' ? (
        <>
          <p class="sentence">{said.sentence.text[lang.value]}</p>
          <Rows view={said} />
        </>
      ) : (
        <p class="sentence">{`${said.message[lang.value]} ${said.todo[lang.value]}`}</p>
      )}
      <p class="note">
        kyha explain {now.resource}
        {now.node !== undefined && ` --on ${now.node}`}
      </p>
    </section>
  )
}

/** What opens the drawer, around a cell's or row's content. */
// biome-ignore lint/suspicious/noExplicitAny: children of any kind, as Preact gives them
export function Ask({ resource, node, children }: { resource: string; node?: string; children: any }) {
  return (
    <button type="button" class="ask" title={w('why')} onClick={(e) => explain(resource, node, e.currentTarget)}>
      {children}
    </button>
  )
}
