/** What the cluster's safety stands on: votes, fencing, and what is not configured, each as one line. */
import type { StatusView } from '../api/views.js'
import { lang, w } from './words.js'

export function Facts({ status: s }: { status: StatusView }) {
  const { fencing } = s
  const certificate = fencing.certificates.at(-1)
  const devices = fencing.devices.map((d) => `${d.name} (${d.agent}): ${d.nodes.join(' ')}`)
  const rows: [word: string, text: string, bad?: boolean][] = [
    ['quorum', s.quorum.because?.text[lang.value] ?? w('notSaid'), !s.quorum.quorate],
    ['fence', !fencing.enabled ? w('fencingOff') : devices.join(', ') || w('noDevice'), !fencing.enabled || devices.length === 0],
    ...(certificate
      ? [
          ['lastFence', `${certificate.node} ${w(certificate.how === 'device' ? 'byDevice' : 'byOperator')} ${certificate.by}`] as [
            string,
            string,
          ],
        ]
      : []),
    ['health', s.optional.healthMonitor?.text[lang.value] ?? w('notSaid')],
    ['watchdog', s.machine.watchdog.startsWith('none') ? w('noWatchdog') : s.machine.watchdog],
  ]
  return (
    <section aria-labelledby="f">
      <h2 id="f">{w('safety')}</h2>
      <dl class="facts-list">
        {rows.map(([word, text, bad]) => (
          <div key={word} class={bad ? 'bad' : ''}>
            <dt>{w(word)}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
