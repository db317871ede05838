/**
 * Who watches whom (design 8.7). Up to five nodes everybody watches everybody. Above, each node is watched at full rate by four others, chosen by
 * rendezvous hashing, so that a member who joins or leaves moves few watches; between other pairs beats are slow on all links, and an accusation
 * makes them look at once. Pure, and the same on every node that has the same members.
 */
import type { NodeId } from '../../runtime/actor.js'
import { FULL_MESH_MAX } from './messages.js'

export const WATCHERS = 4

/** FNV-1a with a last mixing step: spreads, is no secret. */
function weight(watched: NodeId, watcher: NodeId): number {
  let h = 0x811c9dc5
  for (const c of `${watched}|${watcher}`) h = Math.imul(h ^ (c.codePointAt(0) ?? 0), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Those who watch `node`, of `members` (with or without it), in order of id. */
export function watchersOf(node: NodeId, members: readonly NodeId[]): readonly NodeId[] {
  const others = members.filter((m) => m !== node).sort()
  if (others.length < FULL_MESH_MAX) return others
  const byWeight = others.map((m) => ({ m, w: weight(node, m) })).sort((a, b) => b.w - a.w || (a.m < b.m ? -1 : 1))
  return byWeight
    .slice(0, WATCHERS)
    .map(({ m }) => m)
    .sort()
}

/** Whether the two beat to each other at full rate: one of them watches the other. */
export const isWatched = (a: NodeId, b: NodeId, members: readonly NodeId[]): boolean =>
  watchersOf(a, members).includes(b) || watchersOf(b, members).includes(a)
