/** Nodes that come and go. `run all` tells those that are not here too. */
import { suite } from 'uvu'
import { storyTests } from './tests.js'

const t = suite('stories: members')
const story = storyTests(t)

story('a fourth node joins a running cluster', 'node-add')
story('the leader is taken out: nobody fences', 'node-remove-leader')
story('node stop and start: resources move first, nobody fences', 'node-stop')

t.run()
