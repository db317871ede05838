/** Every story of the rig with stock agents, as tests. Rows: node loss, application loss, sub-second switching, several heartbeats. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { file, program, root, when } from '../needs.js'
import { tell } from './run.js'
import { stories } from './stories.js'

const t = suite('rig')
const able = when(t, root(), program('ip'), program('nginx'), file('/usr/lib/ocf/resource.d/heartbeat/IPaddr2', 'resource-agents'))

const story = (name: string) => async (): Promise<void> => {
  const found = stories.find((s) => s.name === name)
  assert.ok(found, `story ${name}`)
  if (!found) return
  const outcome = await tell(found, 'stock')
  assert.ok(outcome.passed, `${outcome.because}\n${outcome.timeline.slice(-40).join('\n')}`)
}

able('[A8][E3] three nodes: power-off of the active node', story('power-off'))
able('[E3] two nodes: power-off of the active node', story('power-off-two-nodes'))
able('partition of the active node: never two owners', story('partition'))
able('heartbeat links cut one by one: nothing moves', story('link-cuts'))
able('[E5] service crash: restart in place', story('service-crash'))
able('[C2][E5] the third failure moves the group', story('service-crash-threshold'))
able('kyhad killed: no client notices', story('manager-crash'))
able('kyhad stopped for ten seconds', story('manager-stopped'))
able('a fenced node comes back: nothing moves back', story('node-comes-back'))
able('planned move leaves nothing behind', story('planned-move'))

t.run()
