/** `kyha qdevice` and `kyha disk` at the command line: what they say, their exit codes, and what they leave behind. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseListen } from '../../../console/cli/commands/qdevice.js'
import { isRefusal } from '../../../console/join/names.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { decodeJoinCode, encodeJoinCode } from '../../../runtime/wire/joincode.js'
import { TestCluster, type TestNode } from '../../contract/witness.bench.js'
import { Shelf } from '../disk/bench.js'
import { Place } from '../witness/place.js'
import { ApiBench, kyha } from './bench.js'

interface Context {
  readonly api: ApiBench
  readonly place: Place
  readonly cluster: TestCluster
  readonly shelf: Shelf
}
const t = suite<Context>('cli qdevice and disk')
t.before.each(async (c) => {
  const own = { api: await new ApiBench().start(), place: await Place.open(), cluster: await TestCluster.make('shop'), shelf: new Shelf() }
  Object.assign(c, own)
})
t.after.each(async ({ api, place, cluster, shelf }) => {
  await api.end()
  cluster.close()
  await place.close()
  await shelf.close()
})

/** node.json of the cluster's first node; its directory. */
function nodeDir({ cluster, shelf }: Context, disks: readonly object[] = []): string {
  const [node] = cluster.nodes as readonly [TestNode]
  const dir = join(shelf.dir, 'etc')
  mkdirSync(dir, { recursive: true })
  const settings = {
    cluster: { id: cluster.id, name: 'shop' },
    node: { id: node.id, name: 'n1' },
    links: [{ address: '10.0.0.1' }],
    tls: node.files,
    disks,
  }
  writeFileSync(join(dir, 'node.json'), JSON.stringify(settings))
  return dir
}
const codeOf = (text: string): string => text.match(/qdevice add (\S+)/)?.[1] ?? ''

t('where to listen: an address, a port, both, or one sentence', () => {
  for (const [text, address, port] of [
    ['10.9.0.9', '10.9.0.9', 5409],
    ['10.9.0.9:6000', '10.9.0.9', 6000],
    [':6000', '0.0.0.0', 6000],
    ['[fd00::9]:6000', 'fd00::9', 6000],
    ['fd00::9', 'fd00::9', 5409],
  ] as const)
    assert.equal(parseListen(text), { address, port })
  for (const text of ['', 'q1.example', '10.9.0.9:0', '10.9.0.9:70000', '1.2.3', '[fd00::9', '10.9.0.9:x'])
    assert.ok(isRefusal(parseListen(text)), text)
})

t('[C24] a code enrolls the cluster and makes the device its witness; a second device is refused; removing leaves nothing', async (c) => {
  const { api, place } = c
  const dir = nodeDir(c)
  const made = await kyha(api.socket, ['qdevice', 'code', '--state', place.dir, '--address', `127.0.0.1:${place.port}`])
  assert.is(made.code, 0, made.err)
  assert.is(widestWord(made.out) > 60, true, 'the command stands on one line')
  const code = codeOf(made.out)
  const dry = await kyha(api.socket, ['--dry-run', 'qdevice', 'add', code, '--dir', dir])
  assert.match(dry.out, /Would enroll this cluster/)
  assert.match(dry.err.replaceAll(/\s+/g, ' '), /counts with two voting nodes; this cluster has 3, so their votes decide/)
  assert.is(docOf(api).quorum, undefined)
  const added = await kyha(api.socket, ['qdevice', 'add', code, '--dir', dir])
  assert.is(added.code, 0, added.err)
  assert.equal([docOf(api).quorum?.witness, docOf(api).quorum?.device?.port], ['q1', place.port])
  assert.match((await kyha(api.socket, ['qdevice'])).out, /witness q1 is configured and not in use yet/)
  assert.match((await kyha(api.socket, ['quorum'])).out, /witness q1/)
  const second = await kyha(api.socket, ['qdevice', 'add', code, '--dir', dir, '--name', 'q2'])
  assert.is(second.code, 108)
  assert.match(second.err.replaceAll(/\s+/g, ' '), /has a quorum device already \(q1\)/)
  assert.is((await kyha(api.socket, ['qdevice', 'remove'])).code, 0)
  assert.is(docOf(api).quorum, undefined)
  assert.match((await kyha(api.socket, ['qdevice'])).out, /no witness is configured/)
})

t('what cannot be done at a device is one sentence and an exit code', async (c) => {
  const { api, place, shelf } = c
  const dir = nodeDir(c)
  const says = async (args: readonly string[], code: number, what: RegExp): Promise<void> => {
    const got = await kyha(api.socket, args)
    assert.is(got.code, code, got.err)
    assert.match(got.err.replaceAll(/\s+/g, ' '), what)
  }
  await says(['qdevice', 'code', '--state', join(shelf.dir, 'none')], 105, /There is no quorum device in .*kyha qdevice serve/)
  await says(['qdevice', 'code', '--state', place.dir, '--address', 'q1.example'], 65, /is no address to listen on/)
  await says(['qdevice', 'serve', '--state', place.dir, '--listen', '1.2.3'], 65, /is no address to listen on/)
  await says(['qdevice', 'forget', 'x', '--state', place.dir], 108, /already works with .*stop it first/)
  await says(['qdevice', 'add', 'nonsense', '--dir', dir], 65, /code/)
  const node = {
    cluster: c.cluster.id,
    fingerprint: 'a'.repeat(32),
    address: '127.0.0.1',
    port: place.port,
    secret: 'b'.repeat(32),
    expiresS: 2 ** 31,
  }
  await says(['qdevice', 'add', encodeJoinCode(node), '--dir', dir], 65, /for a node that joins a cluster/)
  await says(['qdevice', 'add', encodeJoinCode(node, 'device'), '--dir', dir], 107, /is not the quorum device that made this code/)
  await says(
    ['qdevice', 'add', encodeJoinCode({ ...node, port: 9 }, 'device'), '--dir', dir],
    102,
    /does not answer at 127\.0\.0\.1 port 9/,
  )
  assert.ok(isRefusal(decodeJoinCode(encodeJoinCode(node, 'device'))), 'and a device’s code is none for kyha join')
  await place.stop()
  await says(['qdevice', 'forget', 'x', '--state', place.dir], 105, /is not enrolled at this device/)
  assert.is(readdirSync(join(place.dir, 'clusters')).length, 0)
})

t('kyha disk makes the disks of the settings, shows them, and keeps what is not blank', async (c) => {
  const { api, shelf } = c
  assert.match((await kyha(api.socket, ['disk', 'show', '--dir', nodeDir(c)])).err, /No shared disks are listed/)
  const disks = ['d1', 'd2', 'd3'].map((name) => ({ name, path: shelf.file(name) }))
  const dir = nodeDir(c, disks)
  const shown = await kyha(api.socket, ['disk', 'show', '--dir', dir])
  assert.match(shown.out.replaceAll(/\s+/g, ' '), /16 blocks, no disk of a cluster; on it: blank/)
  const made = await kyha(api.socket, ['disk', 'init', '--dir', dir])
  assert.is(made.code, 0, made.err)
  assert.match(
    made.out.replaceAll(/\s+/g, ' '),
    /Disk d3 .* is one of 3 of cluster shop now, with a slot for each of n1, n2, n3\. Before: blank/,
  )
  const again = await kyha(api.socket, ['disk', 'init', '--dir', dir])
  assert.is(again.code, 107)
  assert.match(again.err.replaceAll(/\s+/g, ' '), /Disk d1 .* is not blank: kyha header of cluster/)
  const { disks: seen } = JSON.parse((await kyha(api.socket, ['-o', 'json', 'disk', 'show', '--dir', dir])).out) as {
    disks: { slots: unknown[] }[]
  }
  assert.equal(
    seen.map((d) => d.slots.length),
    [3, 3, 3],
  )
  assert.match((await kyha(api.socket, ['disk', 'show', '--dir', dir])).out, /n1/)
})

const docOf = (api: ApiBench): ConfigDoc => (api.model.state as { config: ConfigDoc }).config
const widestWord = (text: string): number => Math.max(...text.split('\n').map((line) => line.length))

t.run()
