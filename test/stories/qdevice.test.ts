/** Two nodes with a witness: a quorum device on a third host, shared disks. */
import { suite } from 'uvu'
import { storyTests } from './tests.js'

const t = suite('stories: quorum device')
const story = storyTests(t)

story('[C24] the active node is cut off from everybody: the device lets the other one go on', 'two-node-qdevice-cut')
story('[C24] the device dies and comes back: nobody notices', 'two-node-qdevice-away')
story('the active node loses power: three shared disks let the other one decide alone', 'two-node-disks')

t.run()
