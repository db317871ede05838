/**
 * Names of things, branded so that a node id is never passed where an op id is meant.
 * All are plain strings or numbers on the wire.
 */
declare const brand: unique symbol
type Brand<T, B extends string> = T & { readonly [brand]: B }

/** A cluster's UUID, made by `kyha cluster create`. */
export type ClusterId = Brand<string, 'ClusterId'>
/** A node's UUID. Its name can change; this cannot. */
export type NodeId = Brand<string, 'NodeId'>
/** 32 hex digits made by the guard at its first start in a machine's life (kept in /run): names one life of a machine. */
export type BootId = Brand<string, 'BootId'>
/** A resource's opaque id; its name can change. */
export type ResourceId = Brand<string, 'ResourceId'>
/** `term.index.n` of the decision that ordered the operation, or `boot:counter:n` for a node's own probe or monitor. */
export type OpId = Brand<string, 'OpId'>
/** Raft term. */
export type Term = Brand<number, 'Term'>
/** Raft log index; also the revision (ETag) of everything that the log decides. */
export type Index = Brand<number, 'Index'>
/** The right to start a resource: the log index of its grant. Grows for ever; the guard refuses a lower one. */
export type Token = Brand<number, 'Token'>

/** One run of kyhad in one life of a machine. `counter` only rejects stale messages; ownership names `boot`. */
export interface Incarnation {
  readonly boot: BootId
  readonly counter: number
}

/** Where a message goes: an actor's path (`membership`, `link/<node>/0`, `resource/<id>`) on this node, or on `node`. */
export interface Address {
  readonly node?: NodeId
  readonly path: string
}

export const clusterId = (s: string): ClusterId => s as ClusterId
export const nodeId = (s: string): NodeId => s as NodeId
export const bootId = (s: string): BootId => s as BootId
export const resourceId = (s: string): ResourceId => s as ResourceId
export const opId = (s: string): OpId => s as OpId
export const term = (n: number): Term => n as Term
export const index = (n: number): Index => n as Index
export const token = (n: number): Token => n as Token
