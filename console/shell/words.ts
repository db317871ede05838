/** A line of the shell as commands and words: `;` ends a command, quotes hold blanks together, `#` begins a comment. No expansion of any kind. */

export type Line = { readonly commands: readonly (readonly string[])[] } | { readonly open: '"' | "'" }

/** `{open}` when a quote is not closed. */
export function split(text: string): Line {
  const commands: string[][] = [[]]
  let word: string | undefined
  let quote: '"' | "'" | undefined
  const end = (): void => {
    if (word !== undefined) commands.at(-1)?.push(word)
    word = undefined
  }
  for (const ch of text) {
    if (quote !== undefined) {
      if (ch === quote) quote = undefined
      else word = (word ?? '') + ch
    } else if (ch === '"' || ch === "'") {
      quote = ch
      word ??= ''
    } else if (/\s/.test(ch)) end()
    else if (ch === ';') {
      end()
      commands.push([])
    } else if (ch === '#' && word === undefined) break
    else word = (word ?? '') + ch
  }
  if (quote !== undefined) return { open: quote }
  end()
  return { commands: commands.filter((c) => c.length > 0) }
}
