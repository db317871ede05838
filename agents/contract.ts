/**
 * Between the cluster and any agent (OCF Resource Agent API 1.1, Fence Agent API): where an agent lies, what its environment holds
 * besides the parameters, and what its meta-data says. The host uses `resolveArgv0` and `hostEnv` when it carries out an agent effect;
 * the parameters' part of the environment is made by actors/resource/ops.ts. Meta-data is hostile input: bounded, DOCTYPE and entities ignored.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SaxesParser, type SaxesTag } from 'saxes'
import { parseAgent } from '../actors/resource/ops.js'
import type { AgentResult } from '../runtime/actor.js'

export { exitReason, failureClass, isDegraded, monitorSays, Ocf } from '../actors/resource/ocf.js'
export { paramProblem, parseAgent } from '../actors/resource/ops.js'

/** Folders of this machine that agents lie in; all must be trusted by the guard. */
export interface AgentDirs {
  /** Holds resource.d/PROVIDER/TYPE, usually /usr/lib/ocf. */
  readonly ocfRoot: string
  /** kyha's own agents (runtime/paths.agentDir). */
  readonly kyhaDir: string
  /** Searched in order for fence_* programs. */
  readonly fenceDirs: readonly string[]
}

/**
 * The executable for `argv[0]` of an agent effect: `ocf:heartbeat:IPaddr2`, `kyha:http`, `fence_ipmilan`; an absolute path stays.
 * undefined: no such name can exist. Whether the file exists is found out by running it (a fence agent that is in no folder gets the first).
 */
export function resolveArgv0(name: string, dirs: AgentDirs, exists: (path: string) => boolean = existsSync): string | undefined {
  if (name.startsWith('/')) return name
  if (/^fence_[A-Za-z0-9_]{1,64}$/.test(name)) {
    const paths = dirs.fenceDirs.map((dir) => join(dir, name))
    return paths.find((path) => exists(path)) ?? paths[0]
  }
  const agent = parseAgent(name)
  if (!agent) return undefined
  const type = agent.program.slice(agent.program.lastIndexOf(':') + 1)
  return agent.provider === 'kyha' && !name.startsWith('ocf:')
    ? join(dirs.kyhaDir, type)
    : join(dirs.ocfRoot, 'resource.d', agent.provider, agent.type)
}

export interface HostFacts extends AgentDirs {
  /** Volatile directory of this node for state files of agents; must exist and not survive a reboot. */
  readonly runDir: string
  /** Private folder of compatibility commands (crm_attribute ...), first on the PATH; optional. */
  readonly shimDir?: string
  /** Compiled C programs of kyha, and the node program, for kyha's own agents. */
  readonly nativeDir?: string
  readonly nodeProgram?: string
}

/** The machine's part of an agent's environment. The effect's own `env` is laid over it; nothing else is inherited. */
export function hostEnv(facts: HostFacts): Record<string, string> {
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  return {
    OCF_ROOT: facts.ocfRoot,
    HA_RSCTMP: facts.runDir,
    HA_SBIN_DIR: '/usr/sbin',
    HA_VARRUN: facts.runDir,
    HA_LOGTAG: 'kyha',
    PATH: facts.shimDir ? `${facts.shimDir}:${path}` : path,
    LANG: 'C',
    LC_ALL: 'C',
    ...(facts.nativeDir && { KYHA_NATIVE: facts.nativeDir }),
    ...(facts.nodeProgram && { KYHA_NODE: facts.nodeProgram }),
  }
}

/** A text in the languages that the agent gives; `en` is whatever has no language. */
export type Described = Readonly<Partial<Record<'en' | 'zh', string>>>
export interface ParameterInfo {
  readonly name: string
  readonly type: string
  readonly default?: string
  readonly required: boolean
  readonly unique: boolean
  /** A running instance takes a new value over by the action reload-agent. */
  readonly reloadable: boolean
  readonly deprecated: boolean
  readonly short: Described
  readonly long: Described
}
export interface ActionInfo {
  readonly name: string
  readonly timeoutMs: number
  readonly intervalMs: number
  readonly depth: number
  readonly role?: string
}
export interface AgentInfo {
  readonly name: string
  readonly version: string
  readonly short: Described
  readonly long: Described
  readonly parameters: readonly ParameterInfo[]
  readonly actions: readonly ActionInfo[]
}

const XML_CHARS_MAX = 1_048_576
const PIECE_CHARS = 4_096
const DEPTH_MAX = 16
const ITEMS_MAX = 1_024
const TEXT_CHARS_MAX = 16_384

/** An agent's meta-data, or in one sentence why it cannot be read. */
export function parseMetadata(xml: string): AgentInfo | { readonly problem: string } {
  if (xml.length > XML_CHARS_MAX) return { problem: `meta-data has ${xml.length} characters, at most ${XML_CHARS_MAX} are read` }
  const reader = new MetadataReader()
  const parser = new SaxesParser({ fragment: false })
  let problem: string | undefined
  const fail = (why: string): void => {
    problem ??= why
  }
  parser.on('opentag', (tag) => reader.open(tag, fail))
  parser.on('text', (text) => reader.text(text))
  parser.on('cdata', (text) => reader.text(text))
  parser.on('closetag', (tag) => reader.close(tag.name))
  parser.on('error', (error) => fail(`meta-data is not well-formed XML (${error.message.slice(0, 120)})`))
  // In pieces, and no further than the first problem: a megabyte of errors would take the console's thread for seconds.
  const text = xml.trimStart()
  for (let at = 0; at < text.length && problem === undefined; at += PIECE_CHARS) parser.write(text.slice(at, at + PIECE_CHARS))
  if (problem === undefined) parser.close()
  if (problem !== undefined) return { problem }
  return reader.info ?? { problem: 'meta-data holds no resource-agent element' }
}

interface Draft {
  short: Record<string, string>
  long: Record<string, string>
}

/** Gathers what matters while tags go by. */
class MetadataReader {
  info: (AgentInfo & Draft) | undefined
  private readonly path: string[] = []
  private parameter: (ParameterInfo & Draft) | undefined
  private lang = 'en'
  private heard = ''

  open(tag: SaxesTag, fail: (why: string) => void): void {
    this.path.push(tag.name)
    if (this.path.length > DEPTH_MAX) fail(`meta-data is nested deeper than ${DEPTH_MAX}`)
    const a = tag.attributes as Record<string, string>
    this.heard = ''
    if (tag.name === 'resource-agent' && this.path.length === 1) {
      this.info = { name: a['name'] ?? '', version: a['version'] ?? '', short: {}, long: {}, parameters: [], actions: [] }
    } else if (tag.name === 'parameter' && this.info) {
      const unique = a['unique'] === '1' || a['unique'] === 'true' || a['unique-group'] !== undefined
      this.parameter = {
        name: a['name'] ?? '',
        type: 'string',
        required: yes(a['required']),
        unique,
        reloadable: yes(a['reloadable']),
        deprecated: yes(a['deprecated']),
        short: {},
        long: {},
      }
    } else if (tag.name === 'content' && this.parameter) {
      this.parameter = { ...this.parameter, type: a['type'] ?? 'string', ...(a['default'] !== undefined && { default: a['default'] }) }
    } else if (tag.name === 'action' && this.info && this.info.actions.length < ITEMS_MAX) {
      this.info = { ...this.info, actions: [...this.info.actions, actionOf(a)] }
    } else if (tag.name === 'shortdesc' || tag.name === 'longdesc')
      this.lang = (a['lang'] ?? a['xml:lang'] ?? 'en').slice(0, 2).toLowerCase()
  }

  text(text: string): void {
    if (this.heard.length < TEXT_CHARS_MAX) this.heard += text.slice(0, TEXT_CHARS_MAX - this.heard.length)
  }

  close(name: string): void {
    this.path.pop()
    if (name === 'shortdesc' || name === 'longdesc') {
      const on: Draft | undefined = this.parameter ?? this.info
      if (on && (this.lang === 'en' || this.lang === 'zh')) on[name === 'shortdesc' ? 'short' : 'long'][this.lang] = this.heard.trim()
    } else if (name === 'parameter' && this.parameter && this.info) {
      if (this.info.parameters.length < ITEMS_MAX) this.info = { ...this.info, parameters: [...this.info.parameters, this.parameter] }
      this.parameter = undefined
    }
  }
}

/** Parameters that a running instance takes over by `reload-agent` (OCF 1.1); none where the agent has no such action. */
export const reloadableOf = (info: AgentInfo): readonly string[] =>
  info.actions.some((a) => a.name === RELOAD) ? info.parameters.filter((p) => p.reloadable).map((p) => p.name) : []
const RELOAD = 'reload-agent'

/** The result of a `meta-data` run with what its output says of reloading, in place of the output; any other result as it is. */
export function readMetadata(result: AgentResult): AgentResult {
  if (result.action !== 'meta-data' || result.rc !== 0) return result
  const info = parseMetadata(result.stdout)
  return { ...result, stdout: '', reloadable: 'problem' in info ? [] : reloadableOf(info) }
}

const yes = (value: string | undefined): boolean => value === '1' || value === 'true' || value === 'yes'

function actionOf(a: Readonly<Record<string, string>>): ActionInfo {
  const depth = Number.parseInt(a['depth'] ?? '0', 10)
  const role = a['role']
  return {
    name: a['name'] ?? '',
    timeoutMs: msOf(a['timeout']),
    intervalMs: msOf(a['interval']),
    depth: Number.isFinite(depth) ? depth : 0,
    ...(role && { role }),
  }
}

/** `20s`, `20`, `1m`, `500ms`, `1h` as milliseconds; anything else is 0. */
export function msOf(text: string | undefined): number {
  const parts = /^\s*(\d{1,9})\s*(ms|msec|s|sec|m|min|h|hr)?\s*$/i.exec(text ?? '')
  const unit = (parts?.[2] ?? 's').toLowerCase()
  const factor = unit.startsWith('ms') ? 1 : unit.startsWith('h') ? 3_600_000 : unit.startsWith('m') ? 60_000 : 1_000
  return parts ? Number(parts[1]) * factor : 0
}
