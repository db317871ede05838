/**
 * `npm run bench -- foresight [--trials N] [-o json]`: what a preview of a planned move says, and what a client then sees. The preview is
 * made of the durations that the nodes measured last; the first moves teach them.
 */
import type { ChangeView } from '../console/api/views.js'
import type { Agents } from '../test/rig/configs.js'
import type { Lab } from '../test/rig/lab.js'
import { Stage } from '../test/rig/run.js'
import { type Story, serves, type Told, under } from '../test/stories/scene.js'
import { commit, load, machine, spread, writeSection } from './figures.js'

const move = { node: 'n2', forMs: 6000 }
const path = '/resources/web/move'

/** Asks for the preview, then moves; `say` is told what the preview said, ms (-1: something was never measured). */
const foretold = (say: (ms: number) => void): Story => ({
  name: 'foretold-move',
  about: 'a move, previewed and done',
  lab: { hosts: 3 },
  usual: true,
  tell: (lab: Lab, agents: Agents): Promise<Told> =>
    under(lab, agents, {
      async fault() {
        const preview = await lab.api<ChangeView>('n1', `${path}?dryRun=true`, { method: 'POST', json: move })
        say(Math.max(-1, ...preview.interruption.map((i) => i.ms)))
        await lab.api('n1', path, { method: 'POST', json: move })
      },
      after: (s) => serves(s, 'n2') && s.intents.length === 0,
      settleMs: 500,
    }),
})

export async function foresight(trials: number, json: boolean): Promise<number> {
  const stage = new Stage()
  const moves: { readonly saidMs: number; readonly seenMs: number }[] = []
  const failed: string[] = []
  let unknown = 0
  for (let n = 0; moves.length < trials && failed.length + unknown <= trials; n++) {
    let saidMs = -1
    const o = await stage.tell(
      foretold((ms) => {
        saidMs = ms
      }),
      'kyha',
    )
    if (!o.passed) failed.push(o.because ?? 'failed')
    else if (saidMs < 0) unknown++
    else moves.push({ saidMs, seenMs: o.downtimeMs })
    process.stderr.write(`move ${n + 1}: ${o.passed ? `said ${saidMs} ms, seen ${o.downtimeMs} ms` : o.because}\n`)
  }
  await stage.close()
  const [said, seen] = [spread(moves.map((m) => m.saidMs)), spread(moves.map((m) => m.seenMs))]
  const error = spread(moves.map((m) => Math.round((m.seenMs - m.saidMs) * 10) / 10))
  const size = spread(moves.map((m) => Math.round(Math.abs(m.seenMs - m.saidMs) * 10) / 10))
  const row = (name: string, s: ReturnType<typeof spread>): string => `| ${name} | ${s.min} | ${s.median} | ${s.max} |`
  const body = `\`npm run bench -- foresight --trials ${trials}\`, commit ${commit()}, ${machine()}, load ${load()}.
${moves.length} real moves of an address and nginx between hosts in network namespaces, each previewed first (${unknown} more before all durations were known,
${failed.length} failed). Said: the longest interruption of the preview. Seen: the client's longest gap, an attempt every 5 ms. The difference is the cluster's own part:
two decisions in the log and the messages between nodes.

| ms | min | median | max |
|---|---|---|---|
${[row('said', said), row('seen', seen), row('seen - said', error), row('error without its sign', size)].join('\n')}`
  writeSection('Foresight', body)
  process.stdout.write(json ? `${JSON.stringify({ moves, unknown, failed, error, size })}\n` : `${body}\n`)
  return failed.length > 0 ? 1 : 0
}
