/** The service as a client sees it: one minute of answers on a time axis, each owner a band, each gap red with its measured length. */
import { useEffect } from 'preact/hooks'
import { gaps, probe, type Span, spans } from './store.js'
import { ago, clock, time, w } from './words.js'

const windowMs = 60_000
const width = 1200
const height = 34

const millis = (n: number): string => `${Math.round(n).toLocaleString('en')} ms`

function Strip({ list, nowMs }: { list: readonly Span[]; nowMs: number }) {
  const x = (ms: number): number => Math.max(0, width - ((nowMs - ms) / windowMs) * width)
  return (
    <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {list.map((s) => {
        const from = x(s.fromMs)
        const to = x(s.toMs)
        const wide = Math.max(s.kind === 'gap' ? 3 : 1, to - from)
        return (
          <rect
            key={s.fromMs}
            class={s.kind}
            x={from}
            width={wide}
            y={s.kind === 'gap' ? 0 : 10}
            height={s.kind === 'gap' ? height : height - 10}
          />
        )
      })}
    </svg>
  )
}

/** Labels stand over the strip as text, so that they are not stretched with it. */
function Labels({ list, nowMs }: { list: readonly Span[]; nowMs: number }) {
  const at = (ms: number): string => `${Math.max(0, 100 - ((nowMs - ms) / windowMs) * 100)}%`
  return (
    <div class="labels num" aria-hidden="true">
      {list.map((s) => {
        if (s.kind === 'gap')
          return (
            <b key={s.fromMs} style={{ left: `clamp(28px, ${at(s.fromMs)}, calc(100% - 28px))` }}>
              {millis(s.toMs - s.fromMs)}
            </b>
          )
        const long = Math.min(s.toMs, nowMs) - Math.max(s.fromMs, nowMs - windowMs) > 6000
        return long && s.kind === 'up' ? (
          <span key={s.fromMs} style={{ left: at(s.fromMs) }}>
            {s.owner}
          </span>
        ) : null
      })}
    </div>
  )
}

export function Probe({ url }: { url: string | null }) {
  useEffect(() => (url ? probe(url) : undefined), [url])
  if (!url) return null
  const nowMs = clock.value
  const list = spans.value.filter((s) => s.toMs > nowMs - windowMs)
  const last = spans.value.at(-1)
  const gap = gaps.value.at(-1)
  const down = last?.kind === 'gap' ? last : undefined
  const longest = Math.max(0, ...gaps.value.map((g) => g.ms))
  return (
    <section aria-labelledby="p" class="service">
      <h2 id="p">
        {w('service')} <span class="note">{url}</span>
      </h2>
      <div class={`probe ${down ? 'down' : ''}`}>
        <p class="big num" id="gap" role="status">
          {down ? (
            <>
              <strong>{millis(down.toMs - down.fromMs)}</strong> <span>{w('noAnswer')}</span>
            </>
          ) : gap ? (
            <>
              <strong>{millis(gap.ms)}</strong>{' '}
              <span>
                {w('lastGap')} {time(gap.at)}, {gap.from} → {gap.to}
              </span>
            </>
          ) : (
            <>
              <strong>{w('noGap')}</strong>{' '}
              <span>{last ? `${w('watchedFor')} ${ago(nowMs - (spans.value[0]?.fromMs ?? nowMs))}` : ''}</span>
            </>
          )}
        </p>
        <p class="dim num">
          {[
            last?.kind === 'up' ? `${w('answeredBy')} ${last.owner}` : '',
            gaps.value.length > 1 ? `${gaps.value.length} ${w('gapsSeen')} ${millis(longest)}` : '',
          ]
            .filter((part) => part !== '')
            .join(' · ')}
        </p>
        <div class="strip">
          <Labels list={list} nowMs={nowMs} />
          <Strip list={list} nowMs={nowMs} />
          <div class="axis dim num" aria-hidden="true">
            <span>−60 s</span>
            <span>−30 s</span>
            <span>{w('now')}</span>
          </div>
        </div>
      </div>
    </section>
  )
}
