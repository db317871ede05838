/** The verdict: the most important sentence of the product, how bad it is, since when, and whose view this is. */
import { useEffect } from 'preact/hooks'
import { stateOf } from '../states.js'
import { live, lostMs, status } from './store.js'
import { ageMs, ago, clock, lang, setLang, theme, toggleTheme, w } from './words.js'

function Facts() {
  const s = status.value
  return (
    <p class="facts num">
      {s && (
        <>
          <span>
            {s.cluster.name} · {w('quorum')} {s.quorum.votes}/{s.quorum.votesTotal}
            {w('needs')} {s.quorum.votesNeeded}
          </span>
          <span>
            {w('leader')} {s.leader ?? w('none')}
          </span>
          <span>
            {w('viewOf')} {s.node}
          </span>
        </>
      )}
      <span class={live.value ? 'live' : 'dead'}>
        {live.value ? w('live') : s ? `${w('lost')} ${ago(Math.max(0, clock.value - lostMs.value))}` : w('connecting')}
      </span>
    </p>
  )
}

export function Verdict() {
  const s = status.value
  const state = s?.verdict.state ?? 'attention'
  const shown = live.value ? state : 'stale'
  const main = s?.verdict.sentence.text
  const others = (s?.verdict.problems ?? []).filter((p) => p.text.en !== main?.en)
  // What is shown without a connection is what was so once: it is not called normal.
  const stale = s !== null && !live.value
  const word = s === null ? w('connecting') : stale ? w('outOfDate') : w(state)
  const glyph = s === null ? stateOf('starting').glyph : stateOf(stale ? 'unknown' : state).glyph
  useEffect(() => {
    document.title = `${glyph} ${s?.cluster.name ?? 'kyha'}: ${word}`
  })
  return (
    <header class={`verdict ${shown}`}>
      <div class="line">
        <h1 class={s ? '' : 'dim'}>
          <span class="glyph" aria-hidden="true">
            {glyph}
          </span>{' '}
          {word}
        </h1>
        <p class="sentence" role="status">
          {stale && `${w('lastKnown')} `}
          {main?.[lang.value] ?? ''}{' '}
          {s && !stale && state !== 'ok' && (
            <span class="since num">
              {w('since')} {ago(s.verdict.sinceMs + ageMs.value)}
            </span>
          )}
        </p>
        <Facts />
        <span class="buttons">
          <button
            type="button"
            id="lang"
            lang={lang.value === 'zh' ? 'en' : 'zh-CN'}
            onClick={() => setLang(lang.value === 'zh' ? 'en' : 'zh')}
          >
            {lang.value === 'zh' ? 'English' : '中文'}
          </button>
          <button
            type="button"
            id="theme"
            onClick={toggleTheme}
            aria-pressed={theme.value === 'dark'}
            aria-label={w('dark')}
            title={w('dark')}
          >
            <span aria-hidden="true">◐</span>
          </button>
        </span>
      </div>
      {others.length > 0 && (
        <ul class="problems">
          {others.map((p) => (
            <li key={p.text.en} class={p.severity}>
              {p.text[lang.value]}
            </li>
          ))}
        </ul>
      )}
    </header>
  )
}
