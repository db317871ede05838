/** `npm run stories [-- FILE ...] [--rewrite]`: tells the texts of test/stories and compares; with --rewrite what came of them is their new text. */
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { storyFiles, tellFile } from './tell.js'

function asked(): { readonly rewrite: boolean; readonly files: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { rewrite: { type: 'boolean', default: false } } })
    const missing = positionals.find((file) => !existsSync(file))
    if (missing === undefined) return { rewrite: values.rewrite, files: positionals }
    process.stderr.write(`there is no file ${missing}; without a file all texts of test/stories are told\n`)
  } catch (e) {
    process.stderr.write(`${(e as Error).message.split('\n')[0]}; it takes files and --rewrite\n`)
  }
  process.exit(64)
}

const { rewrite, files } = asked()
const dir = fileURLToPath(new URL('../../../../test/stories', import.meta.url))
for (const file of files.length > 0 ? files : storyFiles(dir)) {
  const { differs } = tellFile(file, rewrite)
  const name = relative(process.cwd(), file)
  if (!differs) process.stdout.write(`${name}: as written\n`)
  else if (rewrite) process.stdout.write(`${name}: written anew\n`)
  else {
    const lines = [...differs.expected.map((l) => `- ${l}`), ...differs.actual.map((l) => `+ ${l}`)]
    process.stdout.write(`${name}:${differs.line}: other than written (--rewrite takes it over)\n${lines.join('\n')}\n`)
    process.exitCode = 1
  }
}
