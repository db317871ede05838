/** Clones and promoted roles. */
import { suite } from 'uvu'
import { storyTests } from './tests.js'

const t = suite('stories: clones')
const story = storyTests(t)

story('[issue 4] a promotable clone through power off, standby and stop: never two promoted, the address follows', 'clones')

t.run()
