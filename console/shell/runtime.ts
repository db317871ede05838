/** The shell's verbs for the running kyhad: `actors tree|list`, `actor PATH VERB`, `supervisor PATH children`, over /api/v1/runtime. */
import type { Command } from 'commander'
import type { ActorInfo, ChildInfo } from '../../runtime/host/messages.js'
import { ApiError, call } from '../cli/client.js'
import { action, at, type Io, type Run } from '../cli/run.js'
import { cut, type Terminal } from '../cli/terminal.js'
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

export function runtimeCommands(program: Command, io: Io): void {
  const actors = program.command('actors').description('all actors of this node')
  actors
    .command('tree', { isDefault: true })
    .description('under their supervisors')
    .action(
      action(io, async (run) => {
        const [list, children] = await Promise.all([listActors(run), ask<readonly ChildInfo[]>(run, 'supervisor')])
        print(run, { actors: list, children }, (t) => tree(t, list, Array.isArray(children) ? children : []))
      }),
    )
  actors.command('list').action(
    action(io, async (run) => {
      const list = await listActors(run)
      print(run, list, (t) => generic(t, list.map(row)))
    }),
  )
  program
    .command('actor <path> <verb>')
    .description(`one actor: ${actorVerbs.join(', ')}`)
    .action(action(io, (run, path: string, verb: string) => one(run, path, verb)))
  program
    .command('supervisor <path> <verb>')
    .description('one supervisor: children')
    .action(
      action(io, async (run, path: string, verb: string) => {
        if (verb !== 'children') return unknownVerb(verb, ['children'])
        const children = await ask<unknown>(run, `supervisor?path=${at(path)}`)
        print(run, children, (t) => generic(t, children))
      }),
    )
}

async function one(run: Run, path: string, verb: string): Promise<void> {
  if (!actorVerbs.includes(verb as Verb)) return unknownVerb(verb, actorVerbs)
  if (verb === 'info' || verb === 'mailbox') {
    const list = await listActors(run)
    const actor = list.find((a) => a.path === path)
    if (!actor) throw missing(path, list)
    const value = verb === 'info' ? actor : actor.mailbox
    return print(run, value, (t) => generic(t, value))
  }
  const value = await ask<unknown>(run, `actor/${verb}?path=${at(path)}`, verb === 'restart' ? 'POST' : 'GET')
  print(run, value, (t) => generic(t, value))
}

const row = (a: ActorInfo): Record<string, unknown> => ({
  path: a.path,
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
  const list = known.join(', ')
  throw failure('usage', `There is no verb ${verb}.`, `没有动词 ${verb}。`, `Known: ${list}.`, `已有：${list}。`)
}
function missing(path: string, list: readonly ActorInfo[]): ApiError {
  const known = list.map((a) => a.path).join(', ')
  return failure('not-found', `No actor runs at ${path}.`, `${path} 处没有运行中的 actor。`, `Known: ${known}.`, `已有：${known}。`)
}

/** Supervisors with their children under them; an actor that no supervisor names stands at the end. */
export function tree(t: Terminal, actors: readonly ActorInfo[], children: readonly ChildInfo[]): string {
  const [fork, last, pipe] = t.unicode ? ['├─ ', '└─ ', '│  '] : ['|- ', '`- ', '|  ']
  const ids = new Set(children.map((c) => c.id))
  const tops = [...new Set(children.map((c) => c.supervisor))].filter((s) => !ids.has(s))
  const seen = new Set<string>()
  const lines: string[] = []
  const strategy = (id: string): string => children.find((c) => c.supervisor === id)?.strategy ?? ''
  const walk = (id: string, prefix: string): void => {
    if (seen.has(id)) return // a loop in what a node answered must not hang the shell
    seen.add(id)
    const own = children.filter((c) => c.supervisor === id)
    own.forEach((c, i) => {
      const end = i === own.length - 1
      const actor = actors.find((a) => a.path === c.id)
      const mail = actor?.mailbox ? `  mailbox ${actor.mailbox.length}/${actor.mailbox.limit}` : ''
      const how = strategy(c.id) ? ` (${strategy(c.id)})` : ''
      lines.push(`${prefix}${end ? last : fork}${c.id}${how}  ${c.status}  ${c.thread}  restarts ${c.restarts}${mail}`)
      walk(c.id, prefix + (end ? '   ' : pipe))
    })
  }
  for (const top of tops) {
    lines.push(`${top} (${strategy(top)})`)
    walk(top, '')
  }
  for (const a of actors.filter((x) => !ids.has(x.path))) lines.push(`${a.path}  ${a.thread}  restarts ${a.restarts}`)
  return `${lines.map((l) => cut(l, t.columns, t.unicode)).join('\n') || '(none)'}\n`
}
