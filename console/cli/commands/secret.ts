/**
 * `kyha secret`: the secrets of this machine's node, whether kyhad runs or not. A value comes from standard input or is asked for, and is never shown; of
 * other nodes nothing is known here.
 */
import type { Command } from 'commander'
import type { NodeConfig } from '../../../runtime/config/node.js'
import {
  isSecretName,
  type Reference,
  references,
  SecretsFile,
  secretsFileOf,
  secretsMax,
  valueProblem,
} from '../../../runtime/secret/file.js'
import { changeSecrets, isBusy } from '../../../runtime/secret/write.js'
import { render } from '../../../runtime/text/index.js'
import type { Refusal } from '../../../runtime/verdict.js'
import { refusalView } from '../../api/refusal.js'
import type { ConfigView } from '../../api/views.js'
import { dirDefault, fileTrouble, readNode } from '../../join/layout.js'
import { isRefusal, refuse, shown } from '../../join/names.js'
import { ApiError, call } from '../client.js'
import { Exit } from '../exit.js'
import { heads } from '../render.js'
import { action, type Io, type Run } from '../run.js'
import { fold, table } from '../terminal.js'

function good<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw new ApiError(refusalView(value))
  return value
}
type Sentence = Pick<Refusal['because'], 'key' | 'args'>
const text = (run: Run, key: Sentence['key'], args: Sentence['args'] = {}): string => render(run.terminal.lang, key, args)

function tell(run: Run, view: object, ...sentences: readonly Sentence[]): void {
  if (run.json) return run.io.out(`${JSON.stringify({ apiVersion: 'kyha/v1', ...view }, null, 1)}\n`)
  for (const { key, args } of sentences) run.io.out(`${fold(run.terminal, text(run, key, args))}\n`)
}

/** This machine's node; the word is a name. */
async function nodeOf(dir: string, secret?: string): Promise<NodeConfig> {
  if (secret !== undefined && !isSecretName(secret)) good(refuse('invalid', 'secret.bad-name', { name: shown(secret) }))
  return good(await readNode(dir))
}

async function change({ keyFile }: NodeConfig, how: Parameters<typeof changeSecrets>[1]): Promise<void> {
  try {
    const no = await changeSecrets(keyFile, how)
    if (no) good(no)
  } catch (e) {
    if (e instanceof ApiError) throw e
    good(isBusy(e) ? refuse('busy', 'secret.busy') : fileTrouble(secretsFileOf(keyFile), e))
  }
}

/** On a terminal it is typed twice; undefined: whoever was asked has had enough. */
async function typed(run: Run, secret: string): Promise<string | undefined> {
  if (!run.io.ask) return (await run.io.stdin()).replace(/\r?\n$/, '')
  const value = await run.io.ask(text(run, 'secret.ask', { secret }))
  if (value === undefined || valueProblem(value)) return value
  const again = await run.io.ask(text(run, 'secret.again'))
  if (again !== undefined && again !== value) good(refuse('invalid', 'secret.not-same'))
  return again
}

async function set(run: Run, secret: string, o: { dir: string }): Promise<void> {
  const node = await nodeOf(o.dir, secret)
  const value = await typed(run, secret)
  if (value === undefined) {
    run.io.exit = Exit.error
    return
  }
  const no = valueProblem(value)
  if (no) good(no)
  const args = { secret, node: node.node.name }
  if (run.global.dryRun === true) return tell(run, { kind: 'SecretSet', done: false, ...args }, { key: 'secret.would-set', args })
  const since = new Date().toISOString()
  let replaced = false
  await change(node, (old) => {
    replaced = old.has(secret)
    if (!replaced && old.size >= secretsMax) return refuse('invalid', 'secret.full', { limit: secretsMax })
    return new Map([...old, [secret, { value, since }]])
  })
  tell(run, { kind: 'SecretSet', done: true, ...args, since, replaced }, { key: 'secret.set', args })
}

async function list(run: Run, o: { dir: string }): Promise<void> {
  const node = await nodeOf(o.dir)
  const all = [...good(new SecretsFile(node.keyFile).read())]
    .map(([name, { since }]) => ({ name, since }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  if (run.json) return tell(run, { kind: 'Secrets', node: node.node.name, secrets: all })
  const rows = all.map(({ name, since }) => [name, since])
  run.io.out(table(run.terminal, heads(run.terminal, 'secret', 'set'), rows))
}

/** Where the running configuration names it; undefined where kyhad does not answer. */
async function usesOf(run: Run, node: NodeConfig, secret: string): Promise<readonly Reference[] | undefined> {
  const { socket, api } = run.global
  try {
    const target = socket === undefined && api === undefined ? { ...run.target, socket: node.api.socket } : run.target
    const { doc } = await call<ConfigView>(target, '/config')
    return references(doc).filter((r) => r.secret === secret)
  } catch (e) {
    if (e instanceof ApiError) return undefined
    throw e
  }
}

async function remove(run: Run, secret: string, o: { dir: string; force?: boolean }): Promise<void> {
  const node = await nodeOf(o.dir, secret)
  const args = { secret, node: node.node.name }
  const all = good(new SecretsFile(node.keyFile).read())
  const unknown = refuse('not-found', 'secret.unknown', { ...args, known: [...all.keys()].sort().join(', ').slice(0, 400) || '-' })
  if (!all.has(secret)) good(unknown)
  const used = await usesOf(run, node, secret)
  const params = (used ?? []).map((u) => `${u.name}.${u.param}`)
  const dryRun = run.global.dryRun === true
  if (params.length > 0 && o.force !== true && !dryRun) good(refuse('unsafe', 'secret.used', { ...args, params: params.join(', ') }))
  if (!dryRun) await change(node, (old) => (old.has(secret) ? new Map([...old].filter(([name]) => name !== secret)) : unknown))
  const more: Sentence[] = params.length > 0 ? [{ key: 'secret.was-used', args: { params: params.join(', ') } }] : []
  if (used === undefined) more.push({ key: 'secret.use-unknown', args: {} })
  tell(
    run,
    { kind: 'SecretDeleted', done: !dryRun, ...args, used: used ?? null },
    { key: dryRun ? 'secret.would-delete' : 'secret.deleted', args },
    ...more,
  )
}

export function secretCommands(program: Command, io: Io): void {
  const secret = program.command('secret').description('passwords of this node, which parameters name as @secret:NAME; run it on each node')
  const dir = (command: Command): Command => command.option('--dir <path>', 'where its files are', dirDefault)
  dir(secret.command('list', { isDefault: true }))
    .description('names, and since when; values are never shown')
    .action(action(io, list))
  dir(secret.command('set <name>'))
    .description('from standard input, or asked for; on this node only, also while kyhad does not run')
    .action(action(io, set))
  dir(secret.command('delete <name>'))
    .description('on this node only; refused while the running configuration names it')
    .option('--force', 'although parameters name it: what they belong to is not started here any more')
    .action(action(io, remove))
}
