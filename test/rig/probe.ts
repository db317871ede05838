/**
 * The client: one TCP attempt every `--interval-ms`, whatever became of earlier ones (open loop), so that an outage is never hidden by an
 * attempt that waits. Success = connected and first bytes of an answer. Runs in the client's namespace; prints one line per attempt,
 * `sentMs doneMs ok|fail who`, on CLOCK_MONOTONIC, and stops at SIGTERM.
 *
 *   node probe.js ADDRESS PORT INTERVAL_MS     each attempt asks `GET / HTTP/1.0`
 */
import { connect } from 'node:net'

const [address = '', port = '0', interval = '5'] = process.argv.slice(2)
const everyMs = Number(interval)
const limitMs = 400

const nowMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000
let lines = ''

function attempt(): void {
  const sentMs = nowMs()
  let over = false
  const socket = connect({ host: address, port: Number(port) })
  const end = (ok: boolean, who: string): void => {
    if (over) return
    over = true
    clearTimeout(late)
    lines += `${sentMs.toFixed(2)} ${nowMs().toFixed(2)} ${ok ? 'ok' : 'fail'} ${who || '-'}\n`
    socket.destroy()
  }
  const late = setTimeout(() => end(false, 'timeout'), limitMs)
  socket.setNoDelay(true)
  socket.on('connect', () => socket.write('GET / HTTP/1.0\r\n\r\n'))
  socket.on('data', (d) => end(true, d.toString().match(/owner[":\s]+([\w.-]+)/)?.[1] ?? ''))
  socket.on('error', (e) => end(false, (e as NodeJS.ErrnoException).code ?? 'error'))
  socket.on('close', () => end(false, 'closed'))
}

let dueMs = nowMs()
function beat(): void {
  for (let sent = 0; dueMs <= nowMs() && sent < 20; sent++) {
    attempt()
    dueMs += everyMs
  }
  if (dueMs < nowMs() - 200) dueMs = nowMs()
  setTimeout(beat, Math.max(0, dueMs - nowMs()))
}
beat()
setInterval(() => {
  process.stdout.write(lines)
  lines = ''
}, 50)
process.on('SIGTERM', () => {
  process.stdout.write(lines, () => process.exit(0))
})
