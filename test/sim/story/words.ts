/** The words of a story: each does one thing to the world and may say what came of it. */
import type { ResourceId } from '../../../runtime/actor.js'
import { render } from '../../../runtime/text/index.js'
import { clusterOf } from '../checkers/state-machine.js'
import { idsOf, owners, propose } from '../cluster.js'
import { heal } from '../faults/index.js'
import type { Machine } from '../machine.js'
import type { Mode } from '../mode.js'
import { allRun, begin, type Ends, runSeed } from '../scenario.js'
import { blankDisk, foreign } from '../shared-disk.js'
import type { World } from '../world.js'

/** What a story has while it is told. */
export interface Scene {
  world: World | undefined
  end: () => void
  /** From now on nothing is wrong any more (L4, L5). */
  mended: () => void
  /** Sentences up to here were told. */
  told: number
  heard: number
  violations: number
}

export interface Word {
  readonly usage: string
  /** Lines of output. Throws an Error with one sentence for what it cannot do. */
  readonly run: (scene: Scene, args: readonly string[]) => readonly string[]
}

/** `mode=witness` and so on; without: plain. */
function modeOf(word: string | undefined): Mode {
  if (word === undefined || word === 'witness' || word === 'disk') return word ?? 'plain'
  throw new Error(`there is no mode ${word}; there are witness and disk`)
}

const worldOf = (scene: Scene): World => {
  if (!scene.world) throw new Error('there is no cluster yet; begin with: cluster nodes=3 seed=1')
  return scene.world
}
const machineOf = (scene: Scene, name: string | undefined): Machine => worldOf(scene).machine(name ?? '')

/** `3s`, `250ms`. */
function span(text: string | undefined): number {
  const [, n, unit] = /^(\d+)(ms|s|m)$/.exec(text ?? '') ?? []
  if (n === undefined) throw new Error(`"${text ?? ''}" is no time; write for example 250ms, 3s or 2m`)
  return Number(n) * (unit === 'ms' ? 1 : unit === 's' ? 1000 : 60_000)
}

function resourceId(world: World, name: string | undefined): ResourceId {
  const id = idsOf(world)[name ?? '']
  if (!id) throw new Error(`there is no resource ${name ?? ''}; there are ${Object.keys(idsOf(world)).join(', ')}`)
  return id
}

/** Where each resource really runs. */
function where(world: World): string {
  const all = Object.entries(idsOf(world)).map(([name, id]) => {
    const on = owners(world, id).map((m) => m.name)
    return `${name} on ${on.join(' and ') || 'no node'}`
  })
  const off = world.machines.filter((m) => !m.powered).map((m) => m.name)
  return `${all.join(', ') || 'no resources'}${off.length > 0 ? `; off: ${off.join(', ')}` : ''}`
}

/** What was said since, each sentence once, with its virtual time; details for developers are left out. */
function news(scene: Scene, sinceMs: number): string[] {
  const world = worldOf(scene)
  const fresh = world.verdicts.slice(scene.told)
  scene.told = world.verdicts.length
  const seen = new Set<string>()
  const lines: { readonly atMs: number; readonly text: string }[] = []
  const line = (atMs: number, text: string): void =>
    void lines.push({ atMs, text: `${String(Math.round(atMs - sinceMs)).padStart(6)} ${text}` })
  for (const { atMs, node, path, verdict } of fresh) {
    const sentence = render('en', verdict.key, verdict.args)
    if (verdict.severity === 'debug' || seen.has(sentence)) continue
    seen.add(sentence)
    line(atMs, `${node} ${path}: ${sentence}`)
  }
  for (const { atMs, on, words } of world.roster.heard.slice(scene.heard)) line(atMs, `operator on ${on}: ${words}`)
  scene.heard = world.roster.heard.length
  lines.sort((a, b) => a.atMs - b.atMs)
  const broken = world.violations.slice(scene.violations).map((v) => `VIOLATION ${v.invariant}: ${v.because}`)
  scene.violations = world.violations.length
  return [...lines.map((l) => l.text), ...broken]
}

function passes(scene: Scene, ms: number, until?: () => boolean): string[] {
  const world = worldOf(scene)
  const sinceMs = world.nowMs()
  const held = world.run(ms, until)
  return [...news(scene, sinceMs), ...(until && !held ? [`not within ${ms} ms`] : [])]
}

function everywhere(world: World, change: (a: Machine, b: Machine, link: number) => void): void {
  for (const a of world.machines) for (const b of world.machines) for (let l = 0; l < world.net.links; l++) if (a !== b) change(a, b, l)
}

function cut(scene: Scene, args: readonly string[], ways: 1 | 2): readonly string[] {
  const world = worldOf(scene)
  const [a, b] = [machineOf(scene, args[0]), machineOf(scene, args[1])]
  const links = args[2] === undefined ? Array.from({ length: world.net.links }, (_, l) => l) : [Number(args[2])]
  for (const l of links) {
    if (!(l >= 0 && l < world.net.links)) throw new Error(`there is no link ${args[2]}; there are 0 to ${world.net.links - 1}`)
    world.net.fault(a.name, b.name, l).cut = true
    if (ways === 2) world.net.fault(b.name, a.name, l).cut = true
  }
  return []
}

const does = (usage: string, run: (scene: Scene, args: readonly string[]) => void): Word => ({
  usage,
  run(scene, args) {
    run(scene, args)
    return []
  },
})

export const words: Readonly<Record<string, Word>> = {
  cluster: {
    usage: 'cluster nodes=N seed=S [mode=witness|disk] [spares=N] [ends=switch|watchdog|both]',
    run(scene, args) {
      const given = new Map(args.map((a) => a.split('=') as [string, string]))
      const { world, watched } = begin(given.get('seed') ?? '1', Number(given.get('nodes') ?? 3), {
        mode: modeOf(given.get('mode')),
        spares: Number(given.get('spares') ?? 0),
        ends: (given.get('ends') as Ends | undefined) ?? 'switch',
      })
      world.run(1_000)
      Object.assign(scene, {
        world,
        end: () => watched.end(),
        mended: () => watched.mended(),
        told: world.verdicts.length,
        heard: 0,
        violations: 0,
      })
      return [where(world)]
    },
  },
  history: {
    usage: 'history seed=S nodes=N [mode=witness|disk] [only=A,B,C]',
    run(_scene, args) {
      const given = new Map(args.map((a) => a.split('=') as [string, string]))
      const only = given.get('only')?.split(',').map(Number)
      const run = runSeed(given.get('seed') ?? '1', Number(given.get('nodes') ?? 3), { only, mode: modeOf(given.get('mode')) })
      const broken = run.violations.map((v) => `VIOLATION ${v.invariant}: ${v.because}`)
      return [...run.faults, ...(broken.length > 0 ? broken : ['no invariant was violated'])]
    },
  },
  run: { usage: 'run TIME', run: (scene, [time]) => passes(scene, span(time)) },
  'until-all-run': {
    usage: 'until-all-run TIME',
    run(scene, [time]) {
      const world = worldOf(scene)
      return passes(scene, span(time), () => allRun(world))
    },
  },
  where: { usage: 'where', run: (scene) => [where(worldOf(scene))] },
  check: {
    usage: 'check',
    run(scene) {
      scene.end()
      const all = worldOf(scene).violations
      const lines = [...new Set(all.map((v) => `VIOLATION ${v.invariant}: ${v.because}`))]
      return lines.length > 0 ? lines : ['no invariant was violated']
    },
  },
  'power-off': does('power-off NODE', (scene, [name]) => machineOf(scene, name).powerOff()),
  'power-on': does('power-on NODE', (scene, [name]) => machineOf(scene, name).powerOn()),
  'crash-kyhad': does('crash-kyhad NODE', (scene, [name]) => machineOf(scene, name).crashKyhad()),
  'stop-kyhad': does('stop-kyhad NODE TIME', (scene, [name, time]) => {
    const m = machineOf(scene, name)
    m.pause()
    worldOf(scene).after(span(time), () => m.resume())
  }),
  'crash-service': does('crash-service RESOURCE', (scene, [name]) => {
    const world = worldOf(scene)
    const id = resourceId(world, name)
    for (const m of owners(world, id)) m.guard?.crash(id)
  }),
  'fail-next': does('fail-next NODE start|stop', (scene, [name, action]) => {
    machineOf(scene, name).guard?.next.set(action ?? 'start', 'fails')
  }),
  'slow-disk': does('slow-disk NODE TIME', (scene, [name, time]) => machineOf(scene, name).slowDisk(span(time))),
  cut: { usage: 'cut NODE NODE [LINK]', run: (scene, args) => cut(scene, args, 2) },
  'cut-one-way': { usage: 'cut-one-way FROM TO [LINK]', run: (scene, args) => cut(scene, args, 1) },
  partition: does('partition NODE,... | NODE,...', (scene, args) => {
    const sides = args
      .join(' ')
      .split('|')
      .map((side) => side.split(/[\s,]+/).filter((n) => n !== ''))
    for (const [i, left] of sides.entries())
      for (const right of sides.slice(i + 1)) {
        for (const name of [...left, ...right]) machineOf(scene, name)
        worldOf(scene).net.partition(left, right, true)
      }
  }),
  loss: does('loss PERCENT', (scene, [percent]) => {
    const world = worldOf(scene)
    everywhere(world, (a, b, l) => void Object.assign(world.net.fault(a.name, b.name, l), { loss: Number(percent) / 100 }))
  }),
  'mend-network': does('mend-network', (scene) => worldOf(scene).net.heal()),
  switch: does('switch works|fails|hangs', (scene, [how]) => {
    const world = worldOf(scene)
    world.pdu.all(how === 'works' ? undefined : { how: how === 'fails' ? 'refuses' : 'mute' })
  }),
  witness: does('witness up|down|forgets | witness cut|heard NODE', (scene, [how, name]) => {
    const { witnessed } = worldOf(scene)
    if (how === 'up' || how === 'down') witnessed.up = how === 'up'
    else if (how === 'forgets') witnessed.replace()
    else if (how === 'cut') witnessed.cut.add(machineOf(scene, name).name)
    else witnessed.cut.delete(machineOf(scene, name).name)
  }),
  shared: does('shared DISK gone|blank|foreign|back', (scene, [name, how]) => {
    const { disks } = worldOf(scene).shared
    const disk = disks.find((d) => d.name === name)
    if (!disk) throw new Error(`no shared disk ${name}; there are: ${disks.map((d) => d.name).join(', ')}`)
    if (how === 'gone') disk.present = false
    else if (how === 'blank') disk.medium = blankDisk(disk.header)
    else if (how === 'foreign') disk.medium = foreign(disk.header)
    else disk.works()
  }),
  move: does('move RESOURCE NODE TIME', (scene, [resource, name, time]) => {
    const world = worldOf(scene)
    const to = machineOf(scene, name)
    const id = `move-${Math.round(world.nowMs())}`
    const wish = { type: 'intent', id, kind: 'move', resource, node: to.spec.node, forMs: span(time), by: 'story' }
    propose(world, to, id, wish)
  }),
  'node-add': does('node-add NODE', (scene, [name]) => worldOf(scene).roster.want(machineOf(scene, name))),
  'node-remove': does('node-remove NODE', (scene, [name]) => worldOf(scene).roster.unwant(machineOf(scene, name))),
  'node-renew': does('node-renew NODE', (scene, [name]) => worldOf(scene).roster.renew(machineOf(scene, name))),
  members: {
    usage: 'members',
    run: (scene) => [
      worldOf(scene)
        .machines.flatMap((m) =>
          m.managed
            ? [
                `${m.name} has ${
                  clusterOf(m)
                    ?.members.map((x) => `${x.name}:${x.votes}`)
                    .join(' ') || 'no list'
                }`,
              ]
            : [],
        )
        .join(', '),
    ],
  },
  heal: does('heal', (scene) => {
    heal(worldOf(scene))
    scene.mended()
  }),
}
