/** Every story of the rig. A new file of stories is named here. */
import { faults } from './faults.js'
import { installs } from './install.js'
import type { Story } from './scene.js'

export const stories: readonly Story[] = [...installs, ...faults]
