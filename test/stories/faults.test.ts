/** The ten stories of issue 2, as tests. */
import { suite } from 'uvu'
import { storyTests } from './tests.js'

const t = suite('stories: faults')
const story = storyTests(t)

story('[A8][E3] three nodes: power-off of the active node', 'power-off')
story('partition of the active node: never two owners', 'partition')
story('[A8] heartbeat links cut one by one: nothing moves', 'link-cuts')
story('[E5] service crash: restart in place', 'service-crash')
story('[C2][E5] the third failure moves the group', 'service-crash-threshold')
story('kyhad killed: no client notices', 'manager-crash')
story('kyhad stopped for ten seconds', 'manager-stopped')
story('[E3] a fenced node comes back: nothing moves back', 'node-comes-back')
story('planned move leaves nothing behind', 'planned-move')
story('[A8][E3] two nodes: power-off of the active node', 'power-off-two-nodes')

t.run()
