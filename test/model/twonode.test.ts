/**
 * The two-node rules T1-T5 (design 8.3) as a small model, searched breadth first: every order of crashes, cuts, fences, boots, writes and rejoins
 * within the bounds. With all rules nothing bad is reachable; with one rule taken away the search must find the accident, or it proves nothing.
 * Messages are atomic here; test/unit/log/twonode.test.ts runs the real actors with lost and late ones.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const t = suite('model: two nodes')

/** none: all rules hold. The others each leave one out. */
type Without = 'none' | 'T2 certificate' | 'T3 admission' | 'T4 epoch' | 'T5 copy'
interface Limits {
  readonly log: number
  readonly epoch: number
  readonly crashes: number
}
type Name = 'A' | 'B'
interface Node {
  up: boolean
  /** [write, epoch] in log order. */
  log: [number, number][]
  epoch: number
  set: 'both' | Name
  admitted: boolean
  active: boolean
  certified: boolean // holds a certificate for the peer's life
}
interface State {
  A: Node
  B: Node
  link: boolean
  acked: number[]
  crashes: number
  nextWrite: number
}
type Next = (what: string, change: (s: State) => void) => void

const names = ['A', 'B'] as const
const peerOf = (n: Name): Name => (n === 'A' ? 'B' : 'A')
const node = (): Node => ({ up: true, log: [], epoch: 1, set: 'both', admitted: true, active: false, certified: false })
const down = { up: false, admitted: false, active: false, certified: false }
const lastEpoch = (n: Node): number => n.log.at(-1)?.[1] ?? 0
const has = (n: Node, write: number): boolean => n.log.some(([w]) => w === write)
const same = (a: Node, b: Node): boolean => JSON.stringify(a.log) === JSON.stringify(b.log)
const copy = (log: Node['log']): Node['log'] => log.map(([w, e]) => [w, e])
/** x would lose something if it followed y: by epoch of the last entry, length, then own epoch. */
const newer = (x: Node, y: Node): boolean =>
  lastEpoch(x) !== lastEpoch(y)
    ? lastEpoch(x) > lastEpoch(y)
    : x.log.length !== y.log.length
      ? x.log.length > y.log.length
      : x.epoch > y.epoch

function world(s: State, n: Name, limits: Limits, to: Next): void {
  if (s[n].up && s.crashes < limits.crashes) {
    to(`crash ${n}`, (x) => {
      x.crashes++
      Object.assign(x[n], down)
    })
  }
  if (!s[n].up) to(`boot ${n}`, (x) => Object.assign(x[n], down, { up: true }))
}

function takeover(s: State, n: Name, without: Without, limits: Limits, to: Next): void {
  const me = s[n]
  const p = peerOf(n)
  const talk = s.link && s[p].up
  if (!talk && !me.certified && (me.admitted || without === 'T3 admission')) {
    to(`${n} fences ${p}`, (x) => {
      x[n].certified = true
      if (without !== 'T2 certificate') Object.assign(x[p], down)
    })
  }
  if (me.certified && me.set === 'both' && me.epoch < limits.epoch) {
    to(`${n} solo`, (x) => {
      Object.assign(x[n], { set: n, admitted: true })
      if (without !== 'T4 epoch') x[n].epoch++
    })
  }
  if (me.set === n && !me.active) to(`${n} leads alone`, (x) => Object.assign(x[n], { active: true }))
}

function together(s: State, n: Name, limits: Limits, to: Next): void {
  const me = s[n]
  const p = peerOf(n)
  const peer = s[p]
  const talk = s.link && peer.up
  const agreed = talk && me.set === 'both' && peer.epoch === me.epoch && peer.admitted
  if (agreed && peer.set === 'both' && me.admitted && !me.active && !peer.active && !newer(peer, me))
    to(`${n} leads both`, (x) => Object.assign(x[n], { active: true }))
  if (me.active && me.log.length < limits.log) to(`${n} writes`, (x) => void x[n].log.push([x.nextWrite++, me.epoch]))
  if (agreed && me.active && !peer.active && !same(peer, me)) to(`${n} copies to ${p}`, (x) => Object.assign(x[p], { log: copy(me.log) }))
  for (const [write] of me.active ? me.log : []) {
    if (s.acked.includes(write)) continue
    // T1: on both, or with a durable solo set.
    if (me.set === n || (agreed && has(peer, write))) to(`${n} acknowledges ${write}`, (x) => void x.acked.push(write))
  }
}

/** n is the source of truth for its returning peer: copy, then n's durable epoch of both, then the peer's. */
function rejoin(s: State, n: Name, without: Without, limits: Limits, to: Next): void {
  const me = s[n]
  const p = peerOf(n)
  const peer = s[p]
  if (!s.link || !peer.up || peer.active || peer.admitted) return
  if (!me.admitted && newer(peer, me)) return // both just booted: the newer one is the source
  if (!same(peer, me)) to(`${p} copies from ${n}`, (x) => Object.assign(x[p], { log: copy(me.log) }))
  if (!same(peer, me) && without !== 'T5 copy') return
  const ahead = me.set === 'both' && me.epoch > peer.epoch
  const epoch = Math.max(me.epoch, peer.epoch) + 1
  if (!ahead && epoch <= limits.epoch) to(`${n} opens both`, (x) => Object.assign(x[n], { set: 'both', epoch, certified: false }))
  if (ahead) {
    to(`${p} admitted`, (x) => {
      Object.assign(x[p], { set: 'both', epoch: me.epoch, admitted: true })
      Object.assign(x[n], { admitted: true, certified: false })
    })
  }
}

function accident(s: State): string | undefined {
  if (s.A.active && s.B.active) return 'two active'
  for (const n of names) for (const write of s.acked) if (s[n].active && !has(s[n], write)) return `write ${write} lost`
  return undefined
}

/** Searches all reachable states; the accident and the shortest way to it, or how many states there are. */
function search(without: Without, limits: Limits): { states: number; accident?: string; steps?: string[] } {
  const first: State = { A: node(), B: node(), link: true, acked: [], crashes: 0, nextWrite: 1 }
  const from = new Map<string, [string, string] | undefined>([[JSON.stringify(first), undefined]])
  let front = [JSON.stringify(first)]
  while (front.length > 0) {
    const found: string[] = []
    for (const at of front) {
      const s = JSON.parse(at) as State
      let hit: { accident: string; key: string } | undefined
      const to: Next = (what, change) => {
        const x = JSON.parse(at) as State
        change(x)
        const key = JSON.stringify(x)
        if (hit || from.has(key)) return
        from.set(key, [at, what])
        found.push(key)
        const bad = accident(x)
        if (bad) hit = { accident: bad, key }
      }
      to(s.link ? 'cut' : 'heal', (x) => Object.assign(x, { link: !x.link }))
      for (const n of names) {
        world(s, n, limits, to)
        if (!s[n].up) continue
        takeover(s, n, without, limits, to)
        together(s, n, limits, to)
        rejoin(s, n, without, limits, to)
      }
      if (hit)
        return { states: from.size, accident: (hit as { accident: string }).accident, steps: path(from, (hit as { key: string }).key) }
    }
    front = found
  }
  return { states: from.size }
}

function path(from: ReadonlyMap<string, readonly [string, string] | undefined>, end: string): string[] {
  const steps: string[] = []
  for (let at = from.get(end); at; at = from.get(at[0])) steps.unshift(at[1])
  return steps
}

t('with all rules: never two active, never a lost write', () => {
  const result = search('none', { log: 2, epoch: 4, crashes: 1 })
  assert.is(result.accident, undefined, result.steps?.join(' ; '))
  assert.ok(result.states > 10_000, `${result.states} states were searched`)
})

const accidents: [Without, string][] = [
  ['T2 certificate', 'two active'],
  ['T3 admission', 'two active'],
  ['T4 epoch', 'lost'],
  ['T5 copy', 'lost'],
]
for (const [without, expected] of accidents) {
  t(`without ${without} the search finds the accident`, () => {
    const result = search(without, { log: 2, epoch: 5, crashes: 4 })
    assert.match(result.accident ?? 'nothing', expected)
  })
}

t.run()
