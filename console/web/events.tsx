/** What happened and why, newest first, as the sentences of the decisions themselves. */
import { events } from './store.js'
import { lang, w } from './words.js'

export function Events() {
  return (
    <section aria-labelledby="e">
      <h2 id="e">{w('events')}</h2>
      {events.value.length === 0 && <p class="dim">{w('noEvents')}</p>}
      <ol class="events" aria-live="polite">
        {events.value.map((e) => (
          <li key={e.id} class={e.sentence.severity}>
            <time title={e.at}>{new Date(e.at).toLocaleTimeString(lang.value === 'zh' ? 'zh-CN' : 'en-GB')}</time>
            <span class="dim">
              {e.node} {e.actor}
            </span>
            <span>{e.sentence.text[lang.value]}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}
