/** `kyha disk`: on a node, as root, with the disks of its node.json. What it needs is loaded when a verb runs. */
import type { Command } from 'commander'
import type { NodeConfig } from '../../../runtime/config/node.js'
import { nodeId } from '../../../runtime/ids.js'
import { render } from '../../../runtime/text/index.js'
import type { Refusal } from '../../../runtime/verdict.js'
import { refusalView } from '../../api/refusal.js'
import type { StatusView } from '../../api/views.js'
import type { Shown } from '../../disk/disks.js'
import { dirDefault, nodeFile, readNode } from '../../join/layout.js'
import { isRefusal, refuse } from '../../join/names.js'
import { ApiError, call } from '../client.js'
import { heads } from '../render.js'
import { action, type Io, type Run } from '../run.js'
import { fold, table } from '../terminal.js'
import { tryStatus } from './read.js'

function good<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw new ApiError(refusalView(value))
  return value
}
const say = (run: Run, key: Refusal['because']['key'], args: Refusal['because']['args']): void =>
  run.io.out(`${fold(run.terminal, render(run.terminal.lang, key, args))}\n`)

async function settings(dir: string): Promise<NodeConfig> {
  const node = good(await readNode(dir))
  return node.disks.length > 0 ? node : good<NodeConfig>(refuse('misconfigured', 'disk.none-listed', { file: nodeFile(dir) }))
}

async function init(run: Run, o: { dir: string; force?: boolean }): Promise<void> {
  const node = await settings(o.dir)
  const members = (await call<StatusView>(run.target, '/status')).nodes
  const { initDisks } = await import('../../disk/disks.js')
  const dryRun = run.global.dryRun === true
  const nodes = members.map((m) => nodeId(m.id)).sort()
  const made = good(await initDisks({ disks: node.disks, cluster: node.cluster.id, nodes, force: o.force === true, dryRun }))
  if (run.json)
    return run.io.out(`${JSON.stringify({ apiVersion: 'kyha/v1', kind: 'DisksMade', done: !dryRun, nodes, disks: made }, null, 1)}\n`)
  const names = members.map((m) => m.name).join(', ')
  for (const { name, path, before } of made) {
    const was = before ?? render(run.terminal.lang, 'disk.blank')
    const args = { disk: name, path, count: made.length, cluster: node.cluster.name, nodes: names, before: was }
    say(run, dryRun ? 'disk.would-make' : 'disk.made', args)
  }
  if (!dryRun) say(run, 'disk.next', {})
}

async function showAll(run: Run, o: { dir: string }): Promise<void> {
  const node = await settings(o.dir)
  const { showDisk } = await import('../../disk/disks.js')
  const shown: Shown[] = []
  for (const disk of node.disks) shown.push(good(await showDisk(disk)))
  if (run.json) return run.io.out(`${JSON.stringify({ apiVersion: 'kyha/v1', kind: 'Disks', disks: shown }, null, 1)}\n`)
  const names = new Map((await tryStatus(run))?.nodes.map((n) => [n.id, n.name]))
  for (const one of shown) showOne(run, one, (node) => names.get(node) ?? node)
}

function showOne(run: Run, { name, path, blocks, header, found, slots }: Shown, nameOf: (node: string) => string): void {
  const { lang } = run.terminal
  if (!header) return say(run, 'disk.shows-other', { disk: name, path, blocks, what: found ?? render(lang, 'disk.blank') })
  say(run, 'disk.shows', { disk: name, path, blocks, cluster: header.cluster, uuid: header.disk, count: header.set.length })
  const rows = slots.map(({ node, read }, slot) => {
    if (!read.ok) return [String(slot), nameOf(node), read.flaw, '-']
    const { mbal, bal, record } = read.value
    const held =
      record &&
      render(lang, record.owner ? 'word.witness-owner' : 'word.witness-both', { epoch: record.epoch, owner: nameOf(record.owner ?? '-') })
    return [String(slot), nameOf(node), `${mbal}/${bal}`, held ?? '-']
  })
  run.io.out(`${table(run.terminal, heads(run.terminal, 'slot', 'node', 'ballot', 'record'), rows)}\n`)
}

export function diskCommands(program: Command, io: Io): void {
  const disk = program.command('disk').description('shared disks that may be the witness of two nodes')
  const dir = (command: Command): Command => command.option('--dir <path>', 'where its files are', dirDefault)
  dir(disk.command('show', { isDefault: true }))
    .description('what stands on the disks of this node’s settings')
    .action(action(io, showAll))
  dir(disk.command('init'))
    .description('make the disks of this node’s settings disks of this cluster')
    .option('--force', 'overwrite what is on them, for ever')
    .action(action(io, init))
}
