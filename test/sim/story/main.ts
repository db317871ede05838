/** `npm run stories [-- FILE ...] [--rewrite]`: tells the texts of test/stories and compares; with --rewrite what came of them is their new text. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { storyFiles, tellFile } from './tell.js'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { rewrite: { type: 'boolean', default: false } } })
const dir = fileURLToPath(new URL('../../../../test/stories', import.meta.url))
for (const file of positionals.length > 0 ? positionals : storyFiles(dir)) {
  const { differs } = tellFile(file, values.rewrite)
  const name = relative(process.cwd(), file)
  if (!differs) process.stdout.write(`${name}: as written\n`)
  else if (values.rewrite) process.stdout.write(`${name}: written anew\n`)
  else {
    const lines = [...differs.expected.map((l) => `- ${l}`), ...differs.actual.map((l) => `+ ${l}`)]
    process.stdout.write(`${name}:${differs.line}: other than written (--rewrite takes it over)\n${lines.join('\n')}\n`)
    process.exitCode = 1
  }
}
