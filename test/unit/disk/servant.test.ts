/** A disk's servant and kyhad's client of it, over real files: whole blocks or an error, in order, and a disk that hangs holds up its own asks only. */
import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { diskBlockBytes } from '../../../runtime/actor.js'
import { type DiskAnswer, type DiskAsk, type DiskClient, underWayMax } from '../../../runtime/disk/client.js'
import { seeded } from '../../../runtime/random.js'
import { asked, block, Servant, Shelf, until } from './bench.js'

const t = suite<{ shelf: Shelf }>('disk servant')
t.before.each((c) => {
  c.shelf = new Shelf()
})
t.after.each((c) => c.shelf.close())
const read = (at: number, count = 1, timeoutMs = 5000) => ({ op: 'read', block: at, count, timeoutMs }) as const
const write = (at: number, bytes: Uint8Array, timeoutMs = 5000) => ({ op: 'write', block: at, bytes, timeoutMs }) as const

/** Asked again when the end of the servant before was not noticed yet. */
async function anew(client: DiskClient, ask: DiskAsk): Promise<DiskAnswer> {
  const got = await asked(client, ask)
  return got.error === 'no servant' ? asked(client, ask) : got
}

t('what is written is in the file when it is answered, and is read back', async ({ shelf }) => {
  const path = shelf.file('d')
  const client = (await shelf.servant(path)).client()
  assert.equal(await asked(client, write(3, block(7, 2))), { ok: true })
  assert.equal(new Uint8Array(readFileSync(path).subarray(3 * diskBlockBytes, 5 * diskBlockBytes)), block(7, 2))
  const got = await asked(client, read(2, 4))
  const bytes = Buffer.concat([block(0), block(7, 2), block(0)])
  assert.ok(got.ok && Buffer.from(got.bytes as Uint8Array).equals(bytes))
  assert.is(Buffer.from((await asked(client, { op: 'size', timeoutMs: 5000 })).bytes ?? []).readUInt32LE(0), 16)
  client.close()
})

t('what lies beyond the device is refused with how large it is, and nothing is written', async ({ shelf }) => {
  const path = shelf.file('d')
  const client = (await shelf.servant(path)).client()
  for (const ask of [read(16), read(15, 2), read(2 ** 40), write(16, block(1)), write(15, block(1, 2))]) {
    const { ok, error } = await asked(client, ask)
    assert.is(ok, false)
    assert.match(String(error), /lie beyond its 16$/)
  }
  assert.ok(readFileSync(path).every((byte) => byte === 0))
  client.close()
})

t('a disk that goes, shrinks or comes back is an error each time, then served again without anybody’s help', async ({ shelf }) => {
  const path = shelf.file('d')
  const servant = await shelf.servant(path)
  const client = servant.client()
  truncateSync(path, 4 * diskBlockBytes)
  assert.equal(await asked(client, read(8)), { ok: false, error: 'cut short' })
  assert.match(String((await asked(client, read(8))).error), /lie beyond its 4$/)
  assert.is((await asked(client, read(3))).ok, true)
  truncateSync(path, 0)
  await asked(client, read(0))
  renameSync(path, `${path}.away`)
  await asked(client, read(0))
  rmSync(`${path}.away`)
  await servant.stop()
  await servant.start()
  assert.equal(await anew(client, read(0)), { ok: false, error: 'ENOENT' })
  assert.match(servant.said, /cannot be used \(ENOENT\)/)
  shelf.file('d')
  assert.is((await asked(client, read(8))).ok, true)
  client.close()
})

t('what is no block device and no file is said so for each request', async ({ shelf }) => {
  mkdirSync(join(shelf.dir, 'sub'))
  for (const [path, why] of [
    [join(shelf.dir, 'sub'), /EISDIR|directory/],
    ['/dev/null', /no block device and no file|no direct I\/O there/],
  ] as const) {
    const servant = await shelf.servant(path)
    const client = servant.client()
    const { ok, error } = await asked(client, read(0))
    assert.is(ok, false)
    assert.match(String(error), why)
    client.close()
  }
})

t(
  'a disk that hangs is answered with a timeout, does not hold up another, and its old writes come before the newer ones',
  async ({ shelf }) => {
    const [slow, good] = [await shelf.servant(shelf.file('slow')), await shelf.servant(shelf.file('good'))]
    const [client, other] = [slow.client(), good.client()]
    assert.is((await asked(client, read(0))).ok, true)
    slow.kill('SIGSTOP')
    const late = await Promise.all(Array.from({ length: underWayMax }, (_, i) => asked(client, write(0, block(i + 1), 100))))
    assert.ok(late.every((a) => !a.ok && a.error === 'timeout'))
    assert.equal(await asked(client, read(0)), { ok: false, error: 'busy' })
    assert.is((await asked(other, write(0, block(9)))).ok, true)
    slow.kill('SIGCONT')
    let got = await asked(client, read(0))
    for (; got.error === 'busy'; got = await asked(client, read(0))) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal(got.bytes, block(underWayMax), 'the last of the writes that were not answered')
    for (const one of [client, other]) one.close()
  },
)

t('a servant that is killed is no servant, and the next one is found', async ({ shelf }) => {
  const servant = await shelf.servant(shelf.file('d'))
  const client = servant.client()
  assert.is((await asked(client, write(1, block(5)))).ok, true)
  servant.kill('SIGSTOP')
  const waits = asked(client, read(1))
  servant.kill()
  assert.equal(await waits, { ok: false, error: 'no servant' })
  assert.equal(await asked(client, read(1)), { ok: false, error: 'no servant' })
  await servant.start()
  assert.equal((await anew(client, read(1))).bytes, block(5))
  client.close()
  assert.equal(await asked(client, read(1)), { ok: false, error: 'no servant' })
})

t('a newer client ends the one before it, and what that one had not had done is dropped', async ({ shelf }) => {
  const servant = await shelf.servant(shelf.file('d'))
  const [old, young] = [servant.client(), servant.client()]
  assert.is((await asked(old, read(0))).ok, true)
  servant.kill('SIGSTOP')
  const waits = asked(old, write(0, block(1)))
  const newer = asked(young, write(0, block(2)))
  await new Promise((resolve) => setTimeout(resolve, 50)) // both are in its sockets now
  servant.kill('SIGCONT')
  assert.is((await newer).ok, true)
  await waits
  assert.equal((await asked(young, read(0))).bytes, block(2))
  for (const one of [old, young]) one.close()
})

t('only one servant serves at a socket: the next one waits until the first is gone', async ({ shelf }) => {
  const first = await shelf.servant(shelf.file('d'))
  const second = new Servant(first.path, first.socket)
  shelf.servants.push(second)
  second.spawn()
  await until(() => second.said.includes('waits for the servant before this one'), 'it waits')
  const client = first.client()
  assert.is((await asked(client, write(0, block(3)))).ok, true, 'the first one serves on')
  first.kill()
  await until(() => second.said.includes('serves'), 'the second one serves')
  assert.equal((await anew(client, read(0))).bytes, block(3))
  client.close()
})

t('hostile bytes end the connection and nothing else', async ({ shelf }) => {
  const path = shelf.file('d')
  const servant = await shelf.servant(path)
  const r = seeded('hostile servant')
  const send = (bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      const socket: Socket = connect(servant.socket, () => socket.end(bytes))
      socket.on('error', () => resolve()).on('close', () => resolve())
      socket.resume()
    })
  for (let i = 0; i < 100; i++) {
    const bytes = Buffer.from(Array.from({ length: 1 + r.int(64) }, () => r.int(256)))
    if (bytes.length >= 4 && r.chance(0.5)) bytes.writeUInt32LE(17, 0)
    if (bytes.length > 8 && bytes[8] === 2) bytes[8] = 1
    await send(bytes.length < 4 ? Buffer.alloc(4, 0xff) : bytes)
  }
  await send(Buffer.alloc(4 + 17)) // a length of 0
  const client = servant.client()
  assert.is((await asked(client, read(0))).ok, true)
  assert.ok(readFileSync(path).every((byte) => byte === 0))
  assert.is(servant.over, false)
  client.close()
})

t('bad arguments are one sentence and exit code 2', async ({ shelf }) => {
  const bad = new Servant('relative', join(shelf.dir, 's'))
  bad.spawn()
  await until(() => bad.over, 'it ends')
  await until(() => bad.said !== '', 'it says why')
  assert.match(bad.said, /^servant: usage: /)
  writeFileSync(join(shelf.dir, 'file'), '')
  const nowhere = new Servant(join(shelf.dir, 'file'), join(shelf.dir, 'no', 's'))
  nowhere.spawn()
  await until(() => nowhere.over && nowhere.said !== '', 'it ends')
  assert.match(nowhere.said, /cannot be opened: No such file or directory/)
})

t.run()
