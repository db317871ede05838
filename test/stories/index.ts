/** Every story of the rig. A new file of stories is named here. */
import { chaosStories } from './chaos.js'
import { clones } from './clones.js'
import { damage } from './damage.js'
import { faults } from './faults.js'
import { installs } from './install.js'
import { members } from './members.js'
import { network } from './network.js'
import { power } from './power.js'
import { processes } from './processes.js'
import { qdevice } from './qdevice.js'
import type { Story } from './scene.js'
import { strangers } from './strangers.js'

export const stories: readonly Story[] = [
  ...installs,
  ...faults,
  ...members,
  ...clones,
  ...qdevice,
  ...power,
  ...network,
  ...processes,
  ...strangers,
  ...damage,
  ...chaosStories,
]
