/** The first page: verdict, the service as a client sees it, resource x node matrix, link x peer matrix, what safety stands on, live events. */

import { render } from 'preact'
import { Events } from './events.js'
import { Explain } from './explain.js'
import { Facts } from './facts.js'
import { Links } from './links.js'
import { Matrix } from './matrix.js'
import { Probe } from './probe.js'
import { connect, live, status } from './store.js'
import './style.css'
import { Verdict } from './verdict.js'
import { lang, setLang, startClock, w } from './words.js'

function Page() {
  const s = status.value
  return (
    <>
      <a class="skip" href="#main">
        {w('skip')}
      </a>
      <Verdict />
      <main id="main" class={live.value ? '' : 'stale'}>
        {s ? (
          <>
            <Probe url={s.probe} />
            <Matrix status={s} />
            <div class="two">
              <div>
                <Links status={s} />
                <Facts status={s} />
              </div>
              <Events />
            </div>
          </>
        ) : (
          <p class="empty">{w('connectingLong')}</p>
        )}
      </main>
      <Explain />
    </>
  )
}

setLang(lang.value)
startClock()
connect()
render(<Page />, document.getElementById('app') as HTMLElement)
