/** Tab completion: verbs and options from the command tree, names of nodes, resources and actors from the node. Names it cannot get are no error. */
import type { Command } from 'commander'
import type { StatusView } from '../api/views.js'
import { ApiError, call, type Target } from '../cli/client.js'
import { actorVerbs, listActors, pathsOf } from './runtime.js'

export interface Names {
  readonly nodes: readonly string[]
  readonly resources: readonly string[]
  readonly actors: readonly string[]
}
export const noNames: Names = { nodes: [], resources: [], actors: [] }

/** What could be at the end of `line`, and the beginning that is typed already. */
export function complete(program: Command, names: Names, line: string): [candidates: string[], typed: string] {
  const command = line.slice(line.lastIndexOf(';') + 1)
  const words = command.split(/\s+/).filter((w) => w !== '')
  const typed = /\s$/.test(command) || command === '' ? '' : (words.pop() ?? '')
  const fits = candidates(program, names, words, typed).filter((c) => c.startsWith(typed))
  return [[...new Set(fits)].sort().map((c) => `${c} `), typed]
}

function candidates(program: Command, names: Names, words: readonly string[], typed: string): readonly string[] {
  let at = program
  let used = 0
  for (const word of words) {
    const sub = at.commands.find((c) => c.name() === word)
    if (!sub) break
    at = sub
    used++
  }
  if (typed.startsWith('-')) return [...program.options, ...at.options].flatMap((o) => [o.long ?? []].flat())
  const verbs = at.commands.map((c) => c.name())
  if (words.length === 0) return [...verbs, 'help', 'lang', 'quit']
  if (at === program) return words[0] === 'lang' ? ['en', 'zh'] : []
  if (verbs.length > 0) return verbs
  const before = words.at(-1) ?? ''
  if (before === '--on' || before === '--name' || before === '--node') return names.nodes
  const position = words.slice(used).filter((w) => !w.startsWith('-')).length
  return named(at, position, names)
}

/** What the argument at `position` of a verb names, by its name in the command tree. */
function named(command: Command, position: number, names: Names): readonly string[] {
  const argument = command.registeredArguments[position]?.name()
  if (argument === 'node') return names.nodes
  if (argument === 'resource') return names.resources
  if (argument === 'path') return command.name() === 'actor' ? names.actors : ['root', 'beat', 'core', 'work', 'outside']
  if (argument === 'verb') return command.name() === 'actor' ? actorVerbs : ['children']
  return []
}

/** Names as the node knows them now; none when it does not answer. */
export async function fetchNames(target: Target): Promise<Names> {
  const quiet =
    <T>(none: T) =>
    (e: unknown): T => {
      if (e instanceof ApiError) return none
      throw e
    }
  const status = await call<StatusView>(target, '/status').catch(quiet(undefined))
  const actors = await listActors({ target }).catch(quiet([]))
  const paths = await pathsOf(target).catch(quiet(undefined))
  return {
    nodes: (status?.nodes ?? []).map((n) => n.name),
    resources: [...(status?.resources ?? []).map((r) => r.name), ...(status?.groups ?? []).map((g) => g.name)],
    actors: actors.map((a) => (paths ? paths.shown(a.path) : a.path)),
  }
}
