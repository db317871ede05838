/** The shell's verbs for the running kyhad: `actors tree|list`, `actor PATH VERB`, `supervisor PATH children`, over /api/v1/runtime. */
import type { Command } from 'commander'
import type { ActorInfo, ChildInfo, TraceLine } from '../../runtime/host/messages.js'
import type { StatusView } from '../api/views.js'
import { ApiError, call } from '../cli/client.js'
import { nearest } from '../cli/nearest.js'
import { action, at, type Io, type Run } from '../cli/run.js'
import { type Terminal, table } from '../cli/terminal.js'
import { generic } from './generic.js'

export const actorVerbs = ['info', 'state', 'mailbox', 'trace', 'restart'] as const
type Verb = (typeof actorVerbs)[number]

interface Runtime<T> {
  readonly answer: T
}
const ask = async <T>(run: Run, path: string, method: 'GET' | 'POST' = 'GET'): Promise<T> =>
  (await call<Runtime<T>>(run.target, `/runtime/${path}`, { method })).answer
export const listActors = (run: Pick<Run, 'target'>): Promise<readonly ActorInfo[]> =>
  call<Runtime<readonly ActorInfo[]>>(run.target, '/runtime/actors').then((r) => (Array.isArray(r.answer) ? r.answer : []))

function print(run: Run, value: unknown, text: (t: Terminal) => string): void {
  run.io.out(run.json ? `${JSON.stringify(value, null, 1)}\n` : text(run.terminal))
}

/** Node ids inside paths read as names, and names are taken for ids. */
class Paths {
  readonly #names: ReadonlyMap<string, string>
  constructor(nodes: readonly { readonly id: string; readonly name: string }[]) {
    this.#names = new Map(nodes.map((n) => [n.id, n.name]))
  }
  shown(path: string): string {
    return path
      .split('/')
      .map((part) => this.#names.get(part) ?? part)
      .join('/')
  }
  real(path: string): string {
    const ids = new Map([...this.#names].map(([id, name]) => [name, id]))
    const [kind = '', ...rest] = path.split('/')
    return [kind, ...rest.map((part) => ids.get(part) ?? part)].join('/')
  }
}
export const pathsOf = async (target: Run['target']): Promise<Paths> => new Paths((await call<StatusView>(target, '/status')).nodes)

export function runtimeCommands(program: Command, io: Io): void {
  const actors = program.command('actors').description('all actors of this node')
  actors
    .command('tree', { isDefault: true })
    .description('under their supervisors')
    .action(
      action(io, async (run) => {
        const [list, children, paths] = await Promise.all([
          listActors(run),
          ask<readonly ChildInfo[]>(run, 'supervisor'),
          pathsOf(run.target),
        ])
        print(run, { actors: list, children }, (t) => tree(t, list, Array.isArray(children) ? children : [], (p) => paths.shown(p)))
      }),
    )
  actors.command('list').action(
    action(io, async (run) => {
      const [list, paths] = await Promise.all([listActors(run), pathsOf(run.target)])
      print(run, list, (t) =>
        generic(
          t,
          list.map((a) => row(a, paths)),
        ),
      )
    }),
  )
  program
    .command('actor <path> [verb]')
    .description(`one actor: ${actorVerbs.join(', ')} (info unless said)`)
    .action(action(io, (run, path: string, verb: string | undefined) => one(run, path, verb ?? 'info')))
  program
    .command('supervisor <path> [verb]')
    .description('one supervisor: children')
    .action(
      action(io, async (run, path: string, verb: string | undefined) => {
        if (verb !== undefined && verb !== 'children') return unknownVerb(verb, ['children'])
        const [children, paths] = await Promise.all([ask<readonly ChildInfo[]>(run, `supervisor?path=${at(path)}`), pathsOf(run.target)])
        print(run, children, (t) =>
          generic(
            t,
            children.map(({ supervisor: _, id, ...facts }) => ({ id: paths.shown(id), ...facts })),
          ),
        )
      }),
    )
}

async function one(run: Run, given: string, verb: string): Promise<void> {
  if (!actorVerbs.includes(verb as Verb)) return unknownVerb(verb, actorVerbs)
  const paths = await pathsOf(run.target)
  const path = paths.real(given)
  if (verb === 'info' || verb === 'mailbox') {
    const list = await listActors(run)
    const actor = list.find((a) => a.path === path)
    if (!actor) throw missing(given, list, paths)
    const value = verb === 'info' ? actor : actor.mailbox
    return print(run, value, (t) => generic(t, value))
  }
  const value = await ask<unknown>(run, `actor/${verb}?path=${at(path)}`, verb === 'restart' ? 'POST' : 'GET')
  if (verb === 'restart') return print(run, value, (t) => restarted(t, given))
  print(run, value, (t) => (verb === 'trace' && Array.isArray(value) ? trace(t, value as TraceLine[], paths) : generic(t, value)))
}

const restarted = (t: Terminal, path: string): string => `${t.lang === 'zh' ? `${path} 已重启` : `${path} was restarted`}\n`

/** Newest last; when, since the last line, is what tells a storm from a trickle. */
function trace(t: Terminal, lines: readonly TraceLine[], paths: Paths): string {
  const rows = lines.map((l, i) => [
    String(l.atMs),
    i === 0 ? '' : `+${l.atMs - (lines[i - 1]?.atMs ?? l.atMs)}`,
    paths.shown(l.from) || 'host',
    l.type,
  ])
  return table(t, ['AT MS', 'AFTER', 'FROM', 'TYPE'], rows)
}

const row = (a: ActorInfo, paths: Paths): Record<string, unknown> => ({
  path: paths.shown(a.path),
  thread: a.thread,
  supervisor: a.supervisor,
  restarts: a.restarts,
  mailbox: `${a.mailbox?.length ?? '-'}/${a.mailbox?.limit ?? '-'}`,
  handled: a.handled,
  last: a.last,
})

function failure(code: string, en: string, zh: string, todoEn: string, todoZh: string): ApiError {
  return new ApiError({
    apiVersion: 'kyha/v1',
    kind: 'Error',
    code,
    message: { en, zh },
    todo: { en: todoEn, zh: todoZh },
    problems: [],
  })
}
function unknownVerb(verb: string, known: readonly string[]): never {
  const near = nearest(verb, known)
  const list = `${known.join(', ')}${near === undefined ? '' : ` (${near}?)`}`
  throw failure('usage', `There is no verb ${verb}.`, `没有动词 ${verb}。`, `Known: ${list}.`, `已有：${list}。`)
}
function missing(path: string, list: readonly ActorInfo[], paths: Paths): ApiError {
  const known = list.map((a) => paths.shown(a.path)).join(', ')
  return failure('not-found', `No actor runs at ${path}.`, `${path} 处没有运行中的 actor。`, `Known: ${known}.`, `已有：${known}。`)
}

/** Supervisors with their children under them; an actor that no supervisor names stands at the end. */
export function tree(
  t: Terminal,
  actors: readonly ActorInfo[],
  children: readonly ChildInfo[],
  shown: (path: string) => string = (path) => path,
): string {
  const [fork, last, pipe] = t.unicode ? ['├─ ', '└─ ', '│  '] : ['|- ', '`- ', '|  ']
  const ids = new Set(children.map((c) => c.id))
  const tops = [...new Set(children.map((c) => c.supervisor))].filter((s) => !ids.has(s))
  const seen = new Set<string>()
  const rows: string[][] = []
  const strategy = (id: string): string => children.find((c) => c.supervisor === id)?.strategy ?? ''
  const walk = (id: string, prefix: string): void => {
    if (seen.has(id)) return // a loop in what a node answered must not hang the shell
    seen.add(id)
    const own = children.filter((c) => c.supervisor === id)
    own.forEach((c, i) => {
      const end = i === own.length - 1
      const actor = actors.find((a) => a.path === c.id)
      const mail = actor?.mailbox ? `${actor.mailbox.length}/${actor.mailbox.limit}` : ''
      const how = strategy(c.id) ? ` (${strategy(c.id)})` : ''
      rows.push([`${prefix}${end ? last : fork}${shown(c.id)}${how}`, c.status, c.thread, String(c.restarts), mail])
      walk(c.id, prefix + (end ? '   ' : pipe))
    })
  }
  for (const top of tops) {
    rows.push([`${top} (${strategy(top)})`])
    walk(top, '')
  }
  for (const a of actors.filter((x) => !ids.has(x.path))) rows.push([shown(a.path), '', a.thread, String(a.restarts)])
  return table(t, ['ACTOR', 'STATUS', 'THREAD', 'RESTARTS', 'MAILBOX'], rows)
}
