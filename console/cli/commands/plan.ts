/**
 * `kyha plan --cib FILE`: what the placement engine would do with a Pacemaker configuration, and why. It asks no cluster: a pure function of the
 * file. `--lost` and `--online` change what the file says of machines; `--explain` shows a resource's scores instead.
 */
import type { Command } from 'commander'
import { type Planned, planOrRefuse } from '../../../actors/coordinator/engine/plan.js'
import type { NodeState, ResourceSpec, Scene } from '../../../actors/coordinator/engine/scene.js'
import { add } from '../../../actors/coordinator/engine/score.js'
import { render, type TextKey } from '../../../runtime/text/index.js'
import { type Args, type Verdict, verdict } from '../../../runtime/verdict.js'
import { refusalView } from '../../api/refusal.js'
import { sentence } from '../../api/sentences.js'
import { readCib } from '../../cib/read.js'
import { ApiError } from '../client.js'
import { nearest } from '../nearest.js'
import { heads, points, word } from '../render.js'
import { action, type Io, type Run } from '../run.js'
import { fold, state, type Terminal, table } from '../terminal.js'
import { readFile } from './change.js'

interface Options {
  readonly cib?: string
  readonly at?: string
  readonly lost?: string
  readonly online?: boolean
  readonly explain?: string
  readonly on?: string
}
type Action = Planned['actions'][number]
type Row = Planned['final'][number]

const say = (t: Terminal, key: TextKey, args: Args = {}): string => render(t.lang, key, args)
const refuse = (v: Verdict): never => {
  throw new ApiError(refusalView({ refused: 'invalid', because: v }))
}

/** Seconds since 1970; rules with dates are judged then. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? refuse(verdict('refuse', 'plan.at-unclear', { text })) : Math.floor(ms / 1000)
}

const memberNames = (scene: Scene): string[] => scene.nodes.filter((n) => n.type === 'member').map((n) => n.name)

function known(scene: Scene, name: string): string {
  const names = scene.nodes.map((n) => n.name)
  if (!names.includes(name)) refuse(verdict('refuse', 'plan.no-node', { name, nodes: names.join(', ') }))
  return name
}

const up = { in_ccm: 'true', crmd: 'online', join: 'member', expected: 'member' }
const down = { in_ccm: 'false', crmd: 'offline', join: 'down', expected: 'down' }

/** The scene with machines as the options have them: all members up, some of them off (and known to be: nothing runs there). */
function asIf(scene: Scene, o: Options): Scene {
  const lost = (o.lost ?? '').split(',').flatMap((n) => (n === '' ? [] : [known(scene, n)]))
  const members = memberNames(scene)
  if (lost.length === 0 && !o.online) return scene
  const stateOf = (name: string): NodeState => {
    const id = scene.nodes.find((n) => n.name === name)?.id ?? name
    return scene.states.find((s) => s.name === name || s.id === id) ?? { id, name, attributes: {}, transient: [], history: [] }
  }
  const others = scene.states.filter((s) => !members.includes(s.name))
  const states = members.flatMap((name): NodeState[] => {
    const now = stateOf(name)
    if (lost.includes(name)) return [{ ...now, attributes: down, transient: [], history: [] }]
    if (o.online) return [{ ...now, attributes: { ...now.attributes, ...up } }]
    return scene.states.includes(now) ? [now] : []
  })
  return { ...scene, states: [...others, ...states], quorate: o.online || scene.quorate }
}

const idsOf = (specs: readonly ResourceSpec[]): string[] => specs.flatMap((r) => [r.id, ...idsOf(r.children)])

/** What the option names: an id, or the bare id of instances. */
function resourceOf(t: Terminal, scene: Scene, planned: Planned, name: string): string {
  const ids = [...new Set([...idsOf(scene.resources), ...planned.ledger.map((p) => p.resource), ...planned.final.map((r) => r.resource)])]
  if (ids.includes(name)) return name
  const close = nearest(name, ids)
  const near = close === undefined ? '' : say(t, 'sim.near', { name: close })
  return refuse(verdict('refuse', 'plan.no-resource', { name, near }))
}

async function plan(run: Run, o: Options): Promise<void> {
  const t = run.terminal
  if (o.cib === undefined) return refuse(verdict('refuse', 'plan.no-cib'))
  const at = timeOf(o.at)
  const text = await readFile(run, o.cib)
  if (text === undefined) return
  const read = readCib(text, Math.floor(Date.now() / 1000))
  if ('refused' in read) return refuse(read.refused)
  const scene = asIf(at === undefined ? read.scene : { ...read.scene, nowS: at }, o)
  const planned = planOrRefuse(scene)
  if ('refused' in planned) return refuse(planned.refused)
  const notes = [...read.notes, ...planned.notes]
  if (o.explain !== undefined) {
    const resource = resourceOf(t, scene, planned, o.explain)
    const node = o.on === undefined ? undefined : known(scene, o.on)
    run.io.out(run.json ? json(explained(scene, planned, resource, node)) : explainText(t, scene, planned, resource, node))
  } else run.io.out(run.json ? json(view(planned, notes)) : told(t, scene, planned, notes))
}

const json = (value: object): string => `${JSON.stringify(value, null, 1)}\n`

const view = (p: Planned, notes: readonly Verdict[]): object => ({
  apiVersion: 'kyha/v1',
  kind: 'EnginePlan',
  actions: p.actions.map((a) => ({ ...a, because: sentence(verdict('plan', a.reason.key, a.reason.args)) })),
  transition: p.executed,
  before: p.initial,
  after: p.final,
  notes: notes.map((n) => sentence(n)),
})

/** The plan for people: what is done, where everything is then, what was not understood. */
export function told(t: Terminal, scene: Scene, p: Planned, notes: readonly Verdict[]): string {
  const quorum = say(t, scene.quorate ? 'plan.quorate' : 'plan.not-quorate')
  const head = say(t, 'plan.head', {
    resources: new Set(p.final.map((r) => r.resource)).size,
    nodes: scene.nodes.length,
    quorum,
    actions: p.actions.length,
  })
  const actions = p.actions.map((a) => fold(t, line(t, a), '  ', '  '))
  const rows = p.final.map((r) => [r.resource, state(t, stateOf(r)), r.node ?? '-'])
  return [
    `${[fold(t, head), ...actions].join('\n')}\n`,
    `${fold(t, say(t, 'plan.after'))}\n`,
    table(t, heads(t, 'resource', 'state', 'node'), rows),
    ...(notes.length > 0 ? [`${notes.map((n) => fold(t, `- ${say(t, n.key, n.args)}`, '', '  ')).join('\n')}\n`] : []),
  ].join('\n')
}

/** `move web n1 -> n2: it may not stay on n1`. */
function line(t: Terminal, a: Action): string {
  const what = say(t, `plan.do-${a.action}` as TextKey, { op: a.op ?? '' })
  const resource = a.resource ?? ''
  const [from, to] = [a.from ?? '', a.to ?? '']
  const where =
    a.action === 'fence'
      ? (a.node ?? '')
      : from !== '' && to !== '' && from !== to
        ? say(t, 'plan.from-to', { resource, from, to })
        : say(t, 'plan.on', { resource, node: to || from })
  const why = say(t, a.reason.key, a.reason.args)
  return say(t, 'plan.action', { what, where, why: a.blocked ? say(t, 'plan.blocked', { why }) : why })
}
const stateOf = (r: Row): string => (r.role === 'Started' ? 'running' : r.role.toLowerCase())

interface Scored {
  readonly node: string
  readonly score: number
  readonly chosen: boolean
  readonly parts: Planned['ledger']
}

/** One row for each member and each other node that has a score for the resource or runs it then, best first. */
function scores(scene: Scene, p: Planned, resource: string, node: string | undefined): Scored[] {
  const mine = p.ledger.filter((part) => part.resource === resource)
  const chosen = p.final.filter((r) => r.resource === resource).map((r) => r.node)
  const nodes = [...new Set([...memberNames(scene), ...mine.map((part) => part.node), ...chosen.filter((n) => n !== null)])].sort()
  const all = nodes.map((name) => {
    const parts = mine.filter((part) => part.node === name && part.score !== 0)
    return { node: name, score: parts.reduce((sum, part) => add(sum, part.score), 0), chosen: chosen.includes(name), parts }
  })
  return all.filter((r) => node === undefined || r.node === node).sort((a, b) => b.score - a.score)
}

const explained = (scene: Scene, p: Planned, resource: string, node: string | undefined): object => ({
  apiVersion: 'kyha/v1',
  kind: 'EngineScores',
  resource,
  rows: scores(scene, p, resource, node).map((r) => ({
    ...r,
    parts: r.parts.map((part) => ({ ...part, sentence: sentence(verdict('explain', part.key, { source: part.source })) })),
  })),
})

function explainText(t: Terminal, scene: Scene, p: Planned, resource: string, node: string | undefined): string {
  const rows = scores(scene, p, resource, node).flatMap((r) => [
    [r.chosen ? word(t, 'chosen', { node: r.node }) : r.node, points(r.score), word(t, 'total')],
    ...r.parts.map((part) => {
      const why = say(t, part.key, { source: part.source })
      return ['', points(part.score), why.includes(part.source) ? why : `${why} [${part.source}]`]
    }),
  ])
  return table(t, heads(t, 'node', 'score', 'because'), rows)
}

export function planCommand(program: Command, io: Io): void {
  program
    .command('plan')
    .description('what would be done with a Pacemaker configuration, and why; no cluster is asked')
    .option('--cib <file>', 'the configuration as XML, - for standard input')
    .option('--at <time>', 'judge rules with dates at this time, such as 2026-11-28T14:00:00Z')
    .option('--lost <nodes>', 'as if these nodes were off, separated by commas')
    .option('--online', 'as if all other members were up')
    .option('--explain <resource>', 'its scores on each node instead')
    .option('--on <node>', 'only this node')
    .action(action(io, plan))
}
