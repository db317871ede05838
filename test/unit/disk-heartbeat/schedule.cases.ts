/** Kinds of drawn schedules (schedule.ts): nothing is granted twice and nothing goes back, whatever fails when. */
import type { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Faults, Schedule } from './schedule.js'

/** More schedules with SCHEDULES=n: so many times as many. */
const times = Number(process.env['SCHEDULES'] ?? 1)

const kinds: readonly (readonly [string, Faults])[] = [
  ['nothing fails', { lost: 0, crash: 0, damage: 0 }],
  ['answers are lost', { lost: 0.08, crash: 0, damage: 0 }],
  ['nodes die', { lost: 0.03, crash: 0.015, damage: 0 }],
  ['blocks rot and writes go astray', { lost: 0.02, crash: 0.01, damage: 0.01 }],
]

export function scheduleCases(t: ReturnType<typeof suite>, disks: number, steps: number, each: number): void {
  for (const [name, faults] of kinds) {
    const runs = each * times
    t(`${name}, disks: ${disks}, schedules: ${runs}`, () => {
      let answers = 0
      for (let n = 0; n < runs; n++) {
        const seed = `${name} ${disks} ${n}`
        const s = new Schedule(seed, disks, faults)
        s.run(steps)
        assert.equal(s.broken, [], seed)
        answers += s.answers
      }
      assert.ok(2 * answers > runs, `${answers} answers in ${runs} schedules`)
    })
  }
}
