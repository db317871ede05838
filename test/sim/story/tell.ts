/** Tells a story file: runs its commands and gives the text with what really came of them, for comparison or as its new content. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Block, parseStory, printStory, type StoryText } from './text.js'
import { type Scene, words } from './words.js'

/** The output of one block. A command that cannot be carried out says so in its place. */
function tellBlock(scene: Scene, block: Block): readonly string[] {
  return block.commands.flatMap((line) => {
    const [name = '', ...args] = line.trim().split(/\s+/)
    const word = words[name]
    if (!word) return [`unknown command "${name}"; there are ${Object.keys(words).join(', ')}`]
    try {
      return word.run(scene, args)
    } catch (error) {
      return [`${name}: ${(error as Error).message}; usage: ${word.usage}`]
    }
  })
}

/** The whole story, told anew. */
export function tell(story: StoryText): StoryText {
  const scene: Scene = { world: undefined, end: () => undefined, mended: () => undefined, told: 0, heard: 0, violations: 0 }
  return { ...story, blocks: story.blocks.map((b) => ({ ...b, output: tellBlock(scene, b) })) }
}

export interface Told {
  readonly file: string
  /** The first block whose output differs, or undefined. */
  readonly differs: { readonly line: number; readonly expected: readonly string[]; readonly actual: readonly string[] } | undefined
}

export const storyFiles = (dir: string): readonly string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((name) => join(dir, name))

/** Tells one file; with `rewrite` it is written anew where it differs. */
export function tellFile(file: string, rewrite = false): Told {
  const story = parseStory(readFileSync(file, 'utf8'))
  const told = tell(story)
  const at = told.blocks.findIndex((b, i) => b.output.join('\n') !== story.blocks[i]?.output.join('\n'))
  const [expected, actual] = [story.blocks[at], told.blocks[at]]
  if (!expected || !actual) return { file, differs: undefined }
  if (rewrite) writeFileSync(file, printStory(told))
  return { file, differs: { line: expected.line, expected: expected.output, actual: actual.output } }
}
