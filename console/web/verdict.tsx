/** The verdict line: the most important sentence of the product, how bad it is, and whose view this is. */
import { live, status } from './store.js'
import { lang, setLang, w } from './words.js'

const glyph: Record<string, string> = { ok: '●', attention: '◐', danger: '✕' }

function toggleTheme(): void {
  const root = document.documentElement
  const dark = root.dataset['theme'] === 'dark' || (!root.dataset['theme'] && matchMedia('(prefers-color-scheme: dark)').matches)
  root.dataset['theme'] = dark ? 'light' : 'dark'
}

export function Verdict() {
  const s = status.value
  const state = s?.verdict.state ?? 'attention'
  const others = (s?.verdict.problems ?? []).filter((p) => p.key !== s?.verdict.sentence.key || p.text.en !== s.verdict.sentence.text.en)
  return (
    <header class={`verdict ${live.value ? state : 'stale'}`}>
      <div class="line">
        <h1>
          <span class="glyph" aria-hidden="true">
            {glyph[state]}
          </span>{' '}
          {s ? w(state) : 'kyha'}
        </h1>
        <p class="sentence" aria-live="polite">
          {s ? s.verdict.sentence.text[lang.value] : ''}
        </p>
        <p class="facts">
          {s && (
            <>
              {w('quorum')} {s.quorum.votes} {w('of')} {s.quorum.votesTotal} · {w('leader')} {s.leader ?? '–'} · {w('viewOf')} {s.node} ·{' '}
            </>
          )}
          <span class={live.value ? 'live' : 'dead'}>{live.value ? w('live') : w('lost')}</span>
        </p>
        <button type="button" onClick={() => setLang(lang.value === 'zh' ? 'en' : 'zh')}>
          {lang.value === 'zh' ? 'English' : '中文'}
        </button>
        <button type="button" onClick={toggleTheme} aria-label={w('theme')} title={w('theme')}>
          ◐
        </button>
      </div>
      {others.length > 0 && (
        <ul class="problems">
          {others.map((p) => (
            <li key={p.text.en}>{p.text[lang.value]}</li>
          ))}
        </ul>
      )}
    </header>
  )
}
