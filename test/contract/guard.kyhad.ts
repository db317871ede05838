/**
 * kyhad for tests of the guard: it does what the test tells it over a unix socket (KYHA_TEST_SOCKET), one JSON line each, and tells what
 * the guard tells it. Bytes travel as {$: base64}.
 */
import { writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { getRequestListener } from '@hono/node-server'
import { attended, openDoor, peerOf } from '../../console/shell/door.js'
import { connectGuard } from '../../runtime/guard/client.js'
import { aliveWriter } from '../../runtime/host/alive.js'
import { now } from '../../runtime/host/clock.js'
import type { Guard } from '../../runtime/ports.js'
import { instant } from '../../runtime/time.js'

const socket = connect(process.env['KYHA_TEST_SOCKET'] ?? '')
const tell = (event: string, value: unknown): void => {
  socket.write(`${JSON.stringify({ event, value })}\n`)
}
socket.on('error', () => process.exit(9))
socket.on('close', () => process.exit(9))
let stays = false
function left(): void {
  guard.leave('stop')
  socket.end(() => process.exit(0))
}
const revive = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && '$' in value ? Buffer.from(String(value.$), 'base64') : value

const guard = await connectGuard(Number(process.env['KYHA_GUARD_FD']), {
  onResult: (result) => tell('result', result),
  onDeath: (death) => tell('death', death),
  onInventory: (inventory) => tell('inventory', inventory),
  onLease: (state) => tell('lease', state),
  onLeave: () => {
    tell('leave', null)
    if (!stays) setImmediate(left) // after the greeting was told
  },
  onGone: (reason) => {
    tell('gone', reason)
    socket.end(() => process.exit(1))
  },
})
tell('hello', { hello: guard.hello, pid: process.pid })

/** The console's end of the shell's door, with answers that a test can tell apart. */
async function door(runDir: string): Promise<void> {
  const listener = getRequestListener((request, { incoming }) => {
    const path = new URL(request.url).pathname
    const go = async (): Promise<Response> => {
      if (path === '/echo') return new Response(await request.text())
      if (path === '/endless') return new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536)) }))
      if (path !== '/wait') return Response.json({ answer: [], nodes: [] })
      tell('waiting', path)
      return new Promise(() => undefined)
    }
    const peer = peerOf(incoming.socket)
    return peer ? attended(request, peer, (v) => tell('said', v), go) : new Response('no peer', { status: 500 })
  })
  await openDoor(
    createServer((req, res) => void listener(req, res)),
    runDir,
    guard.hello.shellKey,
  )
  tell('listening', runDir)
}

const alive = aliveWriter()
const lines = createInterface(socket)
lines.on('error', () => process.exit(9))
lines.on('line', (line) => {
  const { call, args } = JSON.parse(line, revive) as { call: string; args: unknown[] }
  if (call === 'exit') process.exit(Number(args[0]))
  else if (call === 'raw') writeSync(3, args[0] as Uint8Array)
  else if (call === 'alive') alive()
  else if (call === 'beat') setInterval(alive, 25)
  else if (call === 'lease') guard.lease(args[0] as number, instant(now() - (args[1] as number)))
  else if (call === 'stay') stays = true
  else if (call === 'door') void door(args[0] as string)
  else if (call === 'prioritize') void guard.prioritize(args[0] as number).then((answer) => tell('prioritized', answer))
  else (guard[call as keyof Guard] as (...a: unknown[]) => void)(...args)
})
