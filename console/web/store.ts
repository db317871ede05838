/** One signal tree fed by the node's event stream; reconnects by itself and says when it is not live. And the probe of the demo's service. */
import { batch, signal } from '@preact/signals'
import type { EventView, StatusView } from '../api/views.js'
import { clock, receivedMs } from './words.js'

export const status = signal<StatusView | null>(null)
export const events = signal<readonly EventView[]>([])
export const live = signal(false)
/** When the connection was lost, on the page's clock. */
export const lostMs = signal(0)

const eventsKept = 300

/** Where the page reads: its own node first, then, in the demo, the others in turn. */
let places: readonly string[] = ['']
let place = 0
let cursor = ''
let failed = 0
let heardMs = 0
let source: EventSource | undefined

const silentMsMax = 5000
const againMs = 500

/** Origin of the node that is read now; '' = where the page came from. */
export const here = (): string => places[place] ?? ''

export function connect(): void {
  const since = cursor === '' ? '' : `?since=${encodeURIComponent(cursor)}`
  const own = new EventSource(`${here()}/api/v1/events${since}`)
  source = own
  heardMs = performance.now()
  own.onopen = () => {
    failed = 0
    live.value = true
  }
  own.onerror = lose
  const on = (event: string, run: (data: string) => void): void =>
    own.addEventListener(event, (e) => {
      const { data, lastEventId } = e as MessageEvent<string>
      heardMs = performance.now()
      if (lastEventId) cursor = lastEventId
      run(data)
    })
  on('status', (data) =>
    batch(() => {
      const view = JSON.parse(data) as StatusView
      receivedMs.value = performance.now()
      clock.value = receivedMs.value
      status.value = view
      const now = here()
      if (places.length === 1 && view.consoles.length > 1) places = ['', ...view.consoles.filter((c) => c !== location.origin)]
      place = Math.max(0, places.indexOf(now))
    }),
  )
  on('event', (data) => {
    const event = JSON.parse(data) as EventView
    if (events.value.some((old) => old.id === event.id)) return
    events.value = [event, ...events.value].slice(0, eventsKept)
  })
  on('reset', () => {
    events.value = []
  })
}

/** The next place; after one round of all of them it rests a moment. */
function lose(): void {
  source?.close()
  source = undefined
  if (live.value) lostMs.value = performance.now()
  live.value = false
  place = (place + 1) % places.length
  failed++
  setTimeout(connect, failed % places.length === 0 ? againMs : 0)
}

/** A node that hangs ends no connection: whoever says nothing for too long is left. */
setInterval(() => {
  if (source && performance.now() - heardMs > silentMsMax) lose()
}, 1000)

/** A stretch of the client's minute: answered by one owner, not answered, or not looked at (the page was hidden). */
export interface Span {
  readonly kind: 'up' | 'gap' | 'unseen'
  readonly owner: string
  readonly fromMs: number
  readonly toMs: number
}
export interface Gap {
  readonly ms: number
  /** Wall clock of its end. */
  readonly at: string
  readonly from: string
  readonly to: string
}
export const spans = signal<readonly Span[]>([])
export const gaps = signal<readonly Gap[]>([])

const probeEveryMs = 50
const answerMsMax = 1000
const spansKept = 400
const gapsKept = 50

/** Lengthens the last stretch or begins one; a gap reaches back to the last answer. */
function note(kind: Span['kind'], owner: string, atMs: number): void {
  const list = spans.value
  const last = list.at(-1)
  if (!last) {
    spans.value = [{ kind, owner, fromMs: atMs, toMs: atMs }]
    return
  }
  if (atMs < last.toMs) return // an older attempt that ended late says nothing new
  if (last.kind === kind && last.owner === owner) spans.value = [...list.slice(0, -1), { ...last, toMs: atMs }]
  else spans.value = [...list, { kind, owner, fromMs: last.toMs, toMs: atMs }].slice(-spansKept)
}

/** Asks the demo service twenty times a second, as a client would, and measures how long it was away. Rests while nobody looks. */
export function probe(url: string): () => void {
  let before = ''
  let answeredMs = 0
  const attempt = async (): Promise<void> => {
    const startedMs = performance.now()
    if (document.hidden) return note('unseen', '', performance.now())
    try {
      const answer = (await (await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(answerMsMax) })).json()) as {
        owner?: string
      }
      const atMs = performance.now()
      const owner = answer.owner ?? '?'
      answeredMs = atMs
      const last = spans.value.at(-1)
      if (last?.kind === 'gap') {
        note('gap', '', atMs) // it ends with this answer
        gaps.value = [...gaps.value, { ms: atMs - last.fromMs, at: new Date().toISOString(), from: before, to: owner }].slice(-gapsKept)
      }
      note('up', owner, atMs)
      before = owner
    } catch {
      if (startedMs < answeredMs) return // somebody who asked later had an answer before
      note('gap', '', performance.now())
    }
  }
  const timer = setInterval(() => void attempt(), probeEveryMs)
  return () => clearInterval(timer)
}
