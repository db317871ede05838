/** The client's strip: one tick per attempt, answers green by owner, silence red, and the measured gap set large. */
import { useEffect } from 'preact/hooks'
import { gaps, probe, ticks } from './store.js'
import { w } from './words.js'

const width = 600

export function Probe({ url }: { url: string | null }) {
  useEffect(() => (url ? probe(url) : undefined), [url])
  if (!url) return null
  const list = ticks.value
  const last = list.at(-1)
  const gap = gaps.value.at(-1)
  return (
    <section aria-labelledby="p">
      <h2 id="p">{w('service')}</h2>
      <div class="probe">
        <p class="big">
          {gap === undefined ? '0 ms' : `${gap} ms`}
          <span class="dim">
            {' '}
            {w('lastGap')}
            {gaps.value.length > 0 && ` · ${w('longest')} ${Math.max(...gaps.value)} ms`}
            {last?.ok && ` · ${w('answeredBy')} ${last.owner}`}
          </span>
        </p>
        <svg
          viewBox={`0 0 ${width} 24`}
          preserveAspectRatio="none"
          role="img"
          aria-label={last?.ok ? `${w('answeredBy')} ${last.owner}` : w('failed')}
        >
          {list.map((t, i) => (
            <rect
              key={t.atMs}
              x={width - list.length + i}
              y={t.ok ? 8 : 0}
              width={1}
              height={t.ok ? 16 : 24}
              class={t.ok ? 'good' : 'bad'}
            />
          ))}
        </svg>
        <p class="dim">{url}</p>
      </div>
    </section>
  )
}
