/** The catalogue of faults: whole, named, drawn from, and without anything that is left over when it is mended. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '../../../runtime/random.js'
import { cloneFaults } from '../../sim/faults/clones.js'
import { catalogue, drawing, heal } from '../../sim/faults/index.js'
import { Covered, kinds, pairOf, pairs } from '../../sim/faults/pairs.js'
import { begin, isWell } from '../../sim/scenario.js'

const t = suite('sim: faults')
const readme = readFileSync(fileURLToPath(new URL('../../../../test/sim/faults/README.md', import.meta.url)), 'utf8')

t('each of F1 to F72 is a fault here, or stands in the README with the reason why not; never both', () => {
  const here = new Set(catalogue.map((f) => f.id))
  const outside = new Set([...readme.matchAll(/^\| (F\d+(?:, F\d+)*) \|/gm)].flatMap(([, ids = '']) => ids.split(', ')))
  for (let n = 1; n <= 72; n++) assert.is(here.has(`F${n}`), !outside.has(`F${n}`), `F${n}`)
})

const modes = ['plain', 'witness', 'disk'] as const

t('names are words, and no two faults share one', () => {
  assert.is(new Set(catalogue.map((f) => f.name)).size, catalogue.length)
  for (const f of catalogue) assert.match(f.name, /^[a-z-]+$/)
})

t('draws leave kinds out and prefer others, and over many histories each kind comes', () => {
  const seen = new Set<string>()
  for (let n = 0; n < 300; n++) {
    const draw = drawing(seeded(`draw ${n}`), 5, modes[n % modes.length], n % 2 === 0)
    const got = new Set(Array.from({ length: 30 }, () => draw().name))
    assert.ok(got.size < catalogue.length)
    for (const name of got) seen.add(name)
  }
  assert.is(seen.size, catalogue.length)
})

t('each pair of kinds begins the history of a seed; what stood together between two mendings is covered, and only that', () => {
  for (const nodes of [2, 3, 5]) {
    const all = pairs(nodes).map(([a, b]) => new Set([a.name, b.name]))
    const begun = Array.from({ length: all.length }, (_, n) => new Set(pairOf(n + 1, nodes).map((f) => f.name)))
    assert.equal(begun, all)
  }
  // What is done to clones only histories with some draw: pairs have none.
  const here = catalogue.filter((f) => !cloneFaults.includes(f))
  assert.equal(new Set(modes.flatMap((mode) => kinds(5, mode))).size, here.length)
  const covered = new Covered(5, 'disk')
  const all = kinds(5, 'disk').map((f) => f.name)
  covered.add([all.slice(0, 3), all.slice(3, 5), []])
  assert.is(covered.sum().covered, 4)
  assert.is(covered.sum().missing.length, covered.sum().pairs - 4)
  assert.equal(
    covered
      .matrix()
      .split('\n')
      .map((line) => line.split(/ +/)[1] ?? '')
      .slice(0, 6),
    ['', '#', '##', '...', '...#', '.....'],
  )
  covered.add([all])
  assert.is(covered.sum().percent, 100)
})

t('each fault says what it did, breaks no invariant alone, and is mended without a trace', () => {
  for (const fault of kinds(3)) {
    const { world, watched } = begin(`alone ${fault.name}`, 3, { spares: 1 })
    const what = fault.apply(world)
    assert.ok(what === undefined || what.length > 10, fault.name)
    world.run(3_000)
    heal(world)
    watched.mended()
    assert.ok(
      world.run(60_000, () => isWell(world)),
      `after ${fault.name} (${what}) all runs again`,
    )
    assert.equal(world.violations, [], fault.name)
  }
})

t.run()
