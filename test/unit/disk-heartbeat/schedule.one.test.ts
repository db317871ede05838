/** Drawn schedules of two nodes over one shared disk, block by block. */
import { suite } from 'uvu'
import { scheduleCases } from './schedule.cases.js'

const t = suite('disk witness: schedules over one shared disk')
scheduleCases(t, 1, 40, 4_000)
t.run()
