/** One signal tree fed by the node's event stream; reconnects by itself and says when it is not live. */
import { signal } from '@preact/signals'
import type { EventView, StatusView } from '../api/views.js'

export const status = signal<StatusView | null>(null)
export const events = signal<readonly EventView[]>([])
export const live = signal(false)

const eventsKept = 300

export function connect(): void {
  const source = new EventSource('/api/v1/events')
  source.onopen = () => {
    live.value = true
  }
  source.onerror = () => {
    live.value = false
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1000)
  }
  source.addEventListener('status', (e) => {
    status.value = JSON.parse((e as MessageEvent<string>).data) as StatusView
  })
  source.addEventListener('event', (e) => {
    const event = JSON.parse((e as MessageEvent<string>).data) as EventView
    if (events.value.some((old) => old.id === event.id)) return
    events.value = [event, ...events.value].slice(0, eventsKept)
  })
  source.addEventListener('reset', () => {
    events.value = []
  })
}

export interface Tick {
  readonly atMs: number
  readonly ok: boolean
  readonly owner: string
}
/** The last answers of the demo service, oldest first. */
export const ticks = signal<readonly Tick[]>([])
export const gaps = signal<readonly number[]>([])

const probeEveryMs = 50
const ticksKept = 600

/** Asks the demo service twenty times a second, as a client would, and measures how long it was away. */
export function probe(url: string): () => void {
  let lastOkMs = performance.now()
  let wasDown = false
  const attempt = async (): Promise<void> => {
    const atMs = performance.now()
    try {
      const answer = (await (await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(400) })).json()) as { owner?: string }
      if (wasDown) gaps.value = [...gaps.value, Math.round(performance.now() - lastOkMs)].slice(-50)
      wasDown = false
      lastOkMs = performance.now()
      ticks.value = [...ticks.value, { atMs, ok: true, owner: answer.owner ?? '' }].slice(-ticksKept)
    } catch {
      wasDown = true
      ticks.value = [...ticks.value, { atMs, ok: false, owner: '' }].slice(-ticksKept)
    }
  }
  const timer = setInterval(() => void attempt(), probeEveryMs)
  return () => clearInterval(timer)
}
