/** What happened and why, newest first, as the sentences of the decisions themselves. */
import { events } from './store.js'
import { lang, time, w } from './words.js'

export function Events() {
  return (
    <section aria-labelledby="e">
      <h2 id="e">
        {w('events')} <span class="note">{w('eventsNote')}</span>
      </h2>
      {events.value.length === 0 ? (
        <p class="empty">{w('noEvents')}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section class="events" tabIndex={0} aria-labelledby="e">
          <ol aria-live="polite">
            {events.value.map((e) => (
              <li key={e.id} class={e.sentence.severity} data-key={e.sentence.key}>
                <time dateTime={e.at} title={e.at}>
                  {time(e.at)}
                </time>
                <span class="who">
                  {e.node} <span class="dim">{e.speaker}</span>
                </span>
                <span class="what">{e.sentence.text[lang.value]}</span>
              </li>
            ))}
          </ol>
        </section>
      )}
    </section>
  )
}
