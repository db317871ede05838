/**
 * The text of a story (test/stories/*.txt): blocks of commands, each with what came of them. `#` begins a comment; a block is its commands,
 * a line `----`, and the output up to the next empty line.
 *
 *   # The owner of the group loses power.
 *   cluster nodes=3 seed=1
 *   ----
 *   shop on n1, job on n3
 */
export interface Block {
  /** Comments and empty lines before it, as they stand. */
  readonly lead: readonly string[]
  readonly commands: readonly string[]
  readonly output: readonly string[]
  /** Line of the first command, from 1. */
  readonly line: number
}

export interface StoryText {
  readonly blocks: readonly Block[]
  /** What follows the last block. */
  readonly rest: readonly string[]
}

const isLead = (line: string): boolean => line === '' || line.startsWith('#')

/** Throws an Error that names the line when a block has no `----`. */
export function parseStory(text: string): StoryText {
  const lines = text.replace(/\n$/, '').split('\n')
  const blocks: Block[] = []
  let at = 0
  for (;;) {
    const lead = until(lines, at, (l) => !isLead(l))
    at += lead.length
    if (at >= lines.length) return { blocks, rest: lead }
    const line = at + 1
    const commands = until(lines, at, (l) => l === '----' || isLead(l))
    at += commands.length
    if (lines[at] !== '----')
      throw new Error(`line ${line}: the commands have no line ---- after them; write one, and --rewrite fills in what follows`)
    const output = until(lines, at + 1, (l) => l === '')
    at += 1 + output.length
    blocks.push({ lead, commands, output, line })
  }
}

function until(lines: readonly string[], from: number, ends: (line: string) => boolean): string[] {
  const found: string[] = []
  for (let i = from; i < lines.length && !ends(lines[i] as string); i++) found.push(lines[i] as string)
  return found
}

export const printStory = ({ blocks, rest }: StoryText): string =>
  `${[...blocks.flatMap((b) => [...b.lead, ...b.commands, '----', ...b.output]), ...rest].join('\n')}\n`
