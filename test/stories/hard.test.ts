/** The most valuable of the other stories; `npm run full` tells them all. */
import { suite } from 'uvu'
import { storyTests } from './tests.js'

const t = suite('stories: hard times')
const story = storyTests(t)

story('[E3] all lose power and come back one by one', 'power-loss')
story('[E3] two nodes lose power: the first one back waits for the other', 'power-loss-two-nodes')
story('no fence device: nothing takes over before the confirmation', 'no-fence-device')
story('each worker thread of kyhad ends: no client notices', 'threads-end')
story('a kyhad stands still after its peers began new beat threads: no client notices, nobody fences', 'stand-ins')
story('one-way cut: fenced, then taken over', 'one-way')
story('[C2] an agent that hangs in stop: fence, then takeover', 'hung-stop')
story('[E3] IPv6 links and address', 'ipv6')
story('actors, threads and kyhads die at random: every report adds up', 'chaos')

t.run()
