/** Drawn schedules of two nodes over three shared disks, block by block. */
import { suite } from 'uvu'
import { scheduleCases } from './schedule.cases.js'

const t = suite('disk witness: schedules over three shared disks')
scheduleCases(t, 3, 120, 1_000)
t.run()
