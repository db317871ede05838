/** The first page: verdict line, the service as a client sees it, resource x node matrix, link x peer matrix, live events. */

import { render } from 'preact'
import { useEffect } from 'preact/hooks'
import { Events } from './events.js'
import { Links, Matrix } from './matrix.js'
import { Probe } from './probe.js'
import { connect, status } from './store.js'
import './style.css'
import { Verdict } from './verdict.js'
import { lang, setLang } from './words.js'

function Page() {
  const s = status.value
  useEffect(() => setLang(lang.value), [])
  return (
    <>
      <a class="skip" href="#main">
        {lang.value === 'zh' ? '跳到内容' : 'Skip to content'}
      </a>
      <Verdict />
      <main id="main">
        {s && (
          <>
            <Probe url={s.probe} />
            <Matrix status={s} />
            <div class="two">
              <Links status={s} />
              <Events />
            </div>
          </>
        )}
      </main>
    </>
  )
}

connect()
render(<Page />, document.getElementById('app') as HTMLElement)
