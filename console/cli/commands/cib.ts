/**
 * Configurations to and from Pacemaker: `kyha config import --cib FILE`, `kyha config export FILE`, `kyha config show --cib`. The configuration goes to
 * stdout, what was left out to stderr, one sentence each; the exit code is `Exit.partial` when something was. No cluster is asked unless one is named.
 */
import type { Command } from 'commander'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { printDoc } from '../../../runtime/config/print.js'
import { sentence } from '../../../runtime/config/problem.js'
import { render, type TextKey } from '../../../runtime/text/index.js'
import { type Args, type Verdict, verdict } from '../../../runtime/verdict.js'
import { refusalView } from '../../api/refusal.js'
import type { ConfigView } from '../../api/views.js'
import { exportCib } from '../../cib/export/export.js'
import { importCib } from '../../cib/import/import.js'
import { complete, type Note, noteText } from '../../cib/import/notes.js'
import { ApiError, call } from '../client.js'
import { Exit } from '../exit.js'
import { action, type Io, make, type Run } from '../run.js'
import { fold } from '../terminal.js'
import { readFile } from './change.js'

interface ImportOptions {
  readonly cib?: string
  readonly name?: string
  readonly plan?: boolean
  readonly apply?: boolean
}

const refuse = (because: Verdict): never => {
  throw new ApiError(refusalView({ refused: 'invalid', because }))
}
const refuseFor = (key: TextKey, args: Args = {}): never => refuse(verdict('refuse', key, args))

/** Each sentence on stderr, then how much is missing. */
function tell(run: Run, notes: readonly Note[], imported: boolean): void {
  const t = run.terminal
  for (const n of notes) run.io.err(`${fold(t, `- ${noteText(t.lang, n)}`, '', '  ')}\n`)
  if (complete(notes)) return
  const left = notes.filter((n) => n.kind !== 'note').length
  if (imported) run.io.err(`${fold(t, render(t.lang, 'cib.some-left', { left }))}\n`)
  run.io.exit = Exit.partial
}

const view = (n: Note): object => ({ ...n, text: { en: noteText('en', n), zh: noteText('zh', n) } })

async function importInto(run: Run, o: ImportOptions): Promise<void> {
  if (o.cib === undefined) return refuseFor('cib.no-import-file')
  if (o.plan && o.apply) return refuseFor('cib.plan-or-apply')
  const text = await readFile(run, o.cib)
  if (text === undefined) return
  const imported = importCib(text, o.name)
  if ('refused' in imported) return refuse(imported.refused)
  const { yaml, notes } = imported
  if (o.plan || o.apply) {
    const to: Run = o.plan ? { ...run, global: { ...run.global, dryRun: true } } : run
    // A CIB says nothing of kyha's witness and tie-break: what the cluster has stays.
    const { quorum } = (await call<ConfigView>(run.target, '/config')).doc
    const body = quorum ? printDoc({ ...imported.doc, quorum }) : yaml
    await make(to, '/config', { method: 'PUT', body, headers: { 'content-type': 'application/yaml' } })
  } else if (run.json) run.io.out(`${JSON.stringify({ apiVersion: 'kyha/v1', kind: 'Imported', yaml, notes: notes.map(view) }, null, 1)}\n`)
  else run.io.out(yaml)
  tell(run, notes, true)
}

function put(run: Run, doc: ConfigDoc): void {
  const { xml, notes } = exportCib(doc)
  const json = { apiVersion: 'kyha/v1', kind: 'Exported', cib: xml, notes: notes.map(view) }
  run.io.out(run.json ? `${JSON.stringify(json, null, 1)}\n` : xml)
  tell(run, notes, false)
}

/** The running cluster's configuration as a CIB. */
export async function showCib(run: Run): Promise<void> {
  put(run, (await call<ConfigView>(run.target, '/config')).doc)
}

async function exportFile(run: Run, file: string, o: { readonly nodes?: string }): Promise<void> {
  const text = await readFile(run, file)
  if (text === undefined) return
  const parsed = parseConfig(
    text,
    o.nodes?.split(',').filter((n) => n !== ''),
  )
  if (parsed.ok) return put(run, parsed.doc)
  const { problems } = parsed
  const because = problems[0]?.because ?? verdict('refuse', 'config.empty')
  const all = refusalView({ refused: 'invalid', because })
  throw new ApiError({ ...all, problems: problems.map((p) => sentence(run.terminal.lang, p)) })
}

export function cibCommands(config: Command, io: Io): void {
  config
    .command('import')
    .description('a Pacemaker configuration as kyha’s: prints it, asks no cluster; exit code 190 if anything was left out')
    .option('--cib <file>', 'the configuration as XML, - for standard input')
    .option('--name <name>', 'the cluster’s name, instead of the file’s')
    .option('--plan', 'only show what --apply would do in the running cluster')
    .option('--apply', 'replace the running cluster’s configuration by it')
    .action(action(io, importInto))
  config
    .command('export <file>')
    .description('a configuration file as Pacemaker’s CIB; asks no cluster')
    .option('--nodes <names>', 'the nodes, where the file does not name them')
    .action(action(io, exportFile))
}
