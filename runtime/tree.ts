/**
 * THE supervision tree of a node, as data (design 2.4, 1.3). A supervisor with `thread` runs in a worker thread of its own: when the thread dies,
 * that supervisor died, and its parent in main decides. What may happen, and what follows:
 *  - an actor throws: its supervisor restarts it; an owner and its dynamic children always restart together;
 *  - a supervisor sees too many restarts: it ends, its parent restarts it, at last root;
 *  - membership, quorum or log dies: its thread starts anew and everything after it. Fresh, they have seen nobody yet; whoever lives on what they say
 *    must start with them, under the grace of a start, or it would take "nobody yet" for a lost quorum and stop services;
 *  - `beat` dies: everything after it starts anew. `core` dies: `work` and `console` start anew, beats go on. `work` dies: `console` follows.
 *  - the service `witness` ends: it alone is restarted; after too many restarts it stays away, and nobody goes on alone by a quorum device;
 *  - the console thread dies, or cannot start: `outside` alone; after too many restarts it stays away, since an orderly end of a transient child is no
 *    reason to restart it. Its thread waits `pauseMs` before it starts again, so that it never comes to that;
 *  - root sees too many restarts: kyhad exits, the guard starts it again (at most 3 times in 60 s), stand-in beats meanwhile.
 * Services run on through all of this: their processes belong to the guard.
 */
import { type ChildSpec, defaultFlags, type Flags } from './supervisor.js'

export type Thread = 'beat' | 'core' | 'work' | 'console'
export const threads: readonly Thread[] = ['beat', 'core', 'work', 'console']

export interface ActorNode extends ChildSpec {
  readonly type: 'actor'
  readonly kind: string
  /** A service is no reducer: it has a loop of its own (the API). */
  readonly service?: boolean
  /** It persists: the store is opened before its init and closed when it ended, so that each life is given what is really on disk. */
  readonly persists?: boolean
}
export interface SupervisorNode extends ChildSpec, Flags {
  readonly type: 'supervisor'
  readonly children: readonly TreeNode[]
  readonly thread?: Thread
  /** simple_one_for_one: the actor whose `child` effects start children here. */
  readonly owner?: string
  /** How such children restart; the rest comes with the effect. */
  readonly template?: Pick<ChildSpec, 'restart' | 'shutdown'>
  /** A thread that lived less than 10 s waits so long before it starts again. */
  readonly pauseMs?: number
}
export type TreeNode = ActorNode | SupervisorNode

/** An actor stops between two messages, so it needs no time to; a supervisor's children need theirs. */
export const actor = (id: string, more: Partial<ActorNode> = {}): ActorNode => ({
  type: 'actor',
  id,
  kind: id,
  restart: 'permanent',
  shutdown: 5000,
  ...more,
})
export const group = (
  id: string,
  flags: Partial<Flags>,
  children: readonly TreeNode[],
  more: Partial<SupervisorNode> = {},
): SupervisorNode => ({
  type: 'supervisor',
  id,
  restart: 'permanent',
  shutdown: more.thread ? 10_000 : 'infinity',
  ...defaultFlags,
  ...flags,
  children,
  ...more,
})
/** Children that `owner` starts and stops; the two live and die together. */
const dynamic = (id: string, owner: string): SupervisorNode =>
  group(id, { strategy: 'simple_one_for_one', intensity: 10 }, [], { owner, template: { restart: 'permanent', shutdown: 5000 } })
export const withChildren = (id: string, owner: string, pattern: string, intensity = 3): SupervisorNode =>
  group(id, { strategy: 'one_for_all', intensity }, [dynamic(pattern, owner), actor(owner)])

export const tree: SupervisorNode = group('root', { strategy: 'rest_for_one', intensity: 4, periodMs: 30_000 }, [
  group(
    'beat',
    { intensity: 0 },
    [actor('disk-heartbeat', { restart: 'transient' }), withChildren('detection', 'membership', 'link/*', 0)],
    {
      thread: 'beat',
    },
  ),
  group(
    'core',
    { strategy: 'one_for_all', intensity: 0 },
    [
      actor('quorum'),
      actor('log', { persists: true }),
      group('witnesses', { intensity: 3 }, [actor('witness', { service: true })], { restart: 'transient' }),
    ],
    { thread: 'core' },
  ),
  group(
    'work',
    { intensity: 3 },
    [
      actor('fencer'),
      actor('coordinator'),
      withChildren('resources', 'resource', 'resource/*'),
      actor('health-monitor'),
      actor('notifier', { restart: 'temporary' }),
    ],
    { thread: 'work' },
  ),
  group(
    'outside',
    { intensity: 10, periodMs: 15_000 },
    [
      group('console-thread', { intensity: 0 }, [actor('console', { restart: 'transient', service: true })], {
        thread: 'console',
        restart: 'permanent',
        pauseMs: 2000,
      }),
    ],
    { restart: 'transient' },
  ),
])

const all = (node: TreeNode): readonly TreeNode[] => (node.type === 'actor' ? [node] : [node, ...node.children.flatMap(all)])

/** The supervisor that runs in `thread`. */
export const subtree = (of: SupervisorNode, thread: Thread): SupervisorNode | undefined =>
  all(of).find((n): n is SupervisorNode => n.type === 'supervisor' && n.thread === thread)

/** Kinds of the actors of a subtree, dynamic ones excepted. */
export const actorsIn = (node: TreeNode): readonly ActorNode[] => all(node).filter((n): n is ActorNode => n.type === 'actor')

/** Thread by path: an actor's own, else that of the pattern (`link/*`) that fits. */
export function placement(of: SupervisorNode): (path: string) => Thread | undefined {
  const exact = new Map<string, Thread>()
  const prefixes: [string, Thread][] = []
  for (const thread of threads) {
    const top = subtree(of, thread)
    for (const n of top ? all(top) : []) {
      if (n.type === 'actor') exact.set(n.id, thread)
      else if (n.owner !== undefined) prefixes.push([n.id.slice(0, -1), thread])
    }
  }
  return (path) => exact.get(path) ?? prefixes.find(([prefix]) => path.startsWith(prefix))?.[1]
}
