/** Every story in test/stories/*.txt comes out as it is written there; `npm run stories -- --rewrite` writes what comes out. */
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { storyFiles, tell, tellFile } from '../../sim/story/tell.js'
import { parseStory, printStory } from '../../sim/story/text.js'

const t = suite('sim: story texts')
const dir = fileURLToPath(new URL('../../../../test/stories', import.meta.url))

for (const file of storyFiles(dir)) {
  t(`${file.slice(dir.length + 1)} comes out as it is written`, () => {
    const { differs } = tellFile(file)
    if (differs) assert.equal(differs.actual, differs.expected, `the block at line ${differs.line}`)
  })
}

t('a text is parsed and printed without a change; blocks without an answer are refused with their line', () => {
  const text = '# one\n\ncluster nodes=3\n----\nx\ny\n\n# two\nrun 1s\nwhere\n----\n\n# end\n'
  assert.is(printStory(parseStory(text)), text)
  assert.throws(() => parseStory('where\n\n'), /line 1: .*----/)
})

t('a word that is unknown, or cannot be, says so in its place and the story goes on', () => {
  const { blocks } = tell(parseStory('where\nfly n1\ncluster nodes=2 seed=1\nrun soon\npower-off n9\n----\n'))
  const lines = blocks[0]?.output ?? []
  assert.match(lines[0] ?? '', /there is no cluster yet/)
  assert.match(lines[1] ?? '', /unknown command "fly"/)
  assert.match(lines[3] ?? '', /"soon" is no time/)
  assert.match(lines[4] ?? '', /no machine n9/)
})

t.run()
