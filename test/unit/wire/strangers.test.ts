/** Rows: S20. Who connects and says nothing, or too often, holds a bounded number of sockets for a bounded time. */
import { type Socket, connect as tcp } from 'node:net'
import { connect as tls } from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { present } from '../../../runtime/assert.js'
import { issueNode, makeClusterCa } from '../../../runtime/wire/certificates.js'
import { openStreams } from '../../../runtime/wire/stream.js'
import { freePort } from '../../ports.js'
import { a, b, cluster, life, now, until } from './help.js'

const t = suite('wire/strangers')

t('silent connections are closed, and more than 64 at once are not taken', async () => {
  const nowMs = Date.UTC(2026, 10, 23)
  const ca = await makeClusterCa('demo', nowMs)
  const links = [{ address: '127.0.0.1', port: await freePort() }]
  const streams = openStreams({
    cluster,
    self: a,
    incarnation: life('a'),
    links,
    now,
    tls: { ca: ca.cert, ...(await issueNode(ca, a, 'n', [], nowMs)) },
    events: { onMessage: () => assert.unreachable('nobody said anything'), onClosed: () => {}, onLost: () => {} },
  })
  streams.setPeers([{ node: b, links }])
  let closed = 0
  const count = (socket: Socket): Socket =>
    socket
      .on('error', () => socket.destroy())
      .on('close', () => closed++)
      .resume()
  const member = await issueNode(ca, b, 'n', [], nowMs)
  const { address: host, port } = present(links[0], 'link 0')
  count(tls({ host, port, rejectUnauthorized: false, ca: ca.cert, ...member })) // a member that never greets
  let open = 0
  const sockets = Array.from({ length: 80 }, () => count(tcp(port, host, () => open++)))
  await until('the surplus is closed', () => open === 80 && closed >= 17)
  assert.ok(closed < 81, 'the others are given their time')
  await until('all are closed', () => closed === 81)
  for (const socket of sockets) socket.destroy()
  streams.close()
})

t.run()
