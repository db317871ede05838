/**
 * A guard that says nonsense to kyhad: frames of known verbs with fields of any kind, in any order, damaged. Each is read, or refused by a GuardFormat error
 * with a sentence, which ends the connection. (Hostile bytes at the guard itself: test/contract/guard.hostile.test.ts.)
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  Answer,
  deathOf,
  encode,
  type Field,
  type Frame,
  FrameReader,
  GuardFormat,
  inventoryOf,
  numberOf,
  resultOf,
  Tag,
  text,
} from '../../runtime/guard/protocol.js'
import { check, damage, damaged } from './help.js'

const t = suite('fuzz: guard')
const value = fc.oneof(
  fc.nat(),
  fc.maxSafeInteger().map((n) => Math.abs(n)),
  fc.string({ maxLength: 30 }),
  fc.constantFrom('exited', 'signalled', 'timeout', 'refused', 'spawn-failed', '__proto__'),
  fc.uint8Array({ maxLength: 12 }),
)
const field = fc.tuple(fc.oneof(fc.constantFrom(...Object.values(Tag)), fc.nat(255)), value) as fc.Arbitrary<Field>
const frame = fc
  .tuple(fc.oneof(fc.constantFrom(...Object.values(Answer)), fc.nat(255)), fc.array(field, { maxLength: 12 }))
  .map(([verb, fields]) => encode(verb, fields))

/** Everything that kyhad would read from such frames. */
function read(bytes: Uint8Array, size: number): readonly Frame[] {
  const reader = new FrameReader()
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)))
  for (const one of frames) {
    if (one.verb === Answer.result || one.verb === Answer.stored) resultOf(one)
    if (one.verb === Answer.death) deathOf(one)
    for (const tag of one.fields.keys()) assert.type(text(one, tag), 'string')
    numberOf(one, Tag.counter)
  }
  inventoryOf(frames)
  return frames
}

t('frames of any content are read or refused with a sentence', () => {
  let taken = 0
  let refused = 0
  check(
    4000,
    fc.property(
      fc.array(frame, { minLength: 1, maxLength: 4 }),
      fc.option(damage, { nil: undefined }),
      fc.integer({ min: 1, max: 64 }),
      (frames, changes, size) => {
        const bytes = Buffer.concat(frames)
        try {
          read(changes ? damaged(bytes, changes) : bytes, size)
          taken++
        } catch (error) {
          assert.instance(error, GuardFormat, (error as Error).stack)
          assert.match((error as Error).message, /^the guard sent .{5,}/)
          refused++
        }
      },
    ),
  )
  assert.ok(taken > 50 && refused > 50, `${taken} taken, ${refused} refused`)
})

t.run()
