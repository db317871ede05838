/** README's install page, word by word. */
import { suite } from 'uvu'
import { storyTests } from './tests.js'

const t = suite('stories: install')
const story = storyTests(t)

story('[E3] from bare hosts to a protected nginx by the commands of README.md', 'install')

t.run()
