/**
 * What agents this machine has, what they say of themselves, and whether a configured resource fits its agent. Used by `config apply`,
 * the console's catalogue page and `resource create`; never on the path of a failover. Runs `meta-data` only: no agent action that acts.
 */
import { execFile } from 'node:child_process'
import { accessSync, constants, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ResourceDoc } from '../runtime/config/document.js'
import { type Verdict, verdict } from '../runtime/verdict.js'
import { type AgentInfo, type HostFacts, hostEnv, paramProblem, parseAgent, parseMetadata, resolveArgv0 } from './contract.js'

const META_MS = 5_000
const CACHED_MAX = 512

/** Names of all installed agents, sorted: `kyha:TYPE` and `ocf:PROVIDER:TYPE`. Names with a leading dot are hidden. */
export function listAgents(facts: HostFacts): readonly string[] {
  const own = executables(facts.kyhaDir).map((type) => `kyha:${type}`)
  const base = join(facts.ocfRoot, 'resource.d')
  const stock = folder(base).flatMap((provider) => executables(join(base, provider)).map((type) => `ocf:${provider}:${type}`))
  return [...own, ...stock].filter((name) => parseAgent(name) !== undefined).sort()
}

const folder = (dir: string): readonly string[] => {
  try {
    return readdirSync(dir).filter((name) => !name.startsWith('.'))
  } catch {
    return [] // a folder that is not there holds no agents
  }
}
const executables = (dir: string): readonly string[] => folder(dir).filter((name) => executable(join(dir, name)))
const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

const cache = new Map<string, { readonly mtimeMs: number; readonly info: AgentInfo }>()

/** What the agent says of itself; the refusal says why it cannot be asked. Kept until its file changes. */
export async function agentInfo(name: string, facts: HostFacts): Promise<AgentInfo | Verdict> {
  const agent = parseAgent(name)
  if (!agent) return verdict('refuse', 'resource.agent-name', { agent: name.slice(0, 80) }, 'error')
  const path = resolveArgv0(agent.program, facts) ?? ''
  if (!executable(path)) return verdict('refuse', 'resource.agent-missing', { agent: name, path }, 'error')
  const { mtimeMs } = statSync(path)
  const kept = cache.get(path)
  if (kept?.mtimeMs === mtimeMs) return kept.info
  const env = {
    ...hostEnv(facts),
    OCF_RESOURCE_TYPE: agent.type,
    OCF_RESOURCE_PROVIDER: agent.provider,
    OCF_RESOURCE_INSTANCE: 'meta-data',
  }
  const said = await new Promise<{ text: string; why: string }>((resolve) => {
    execFile(path, ['meta-data'], { env, timeout: META_MS, maxBuffer: 2_097_152, killSignal: 'SIGKILL' }, (error, stdout) => {
      resolve({ text: stdout, why: error ? (error.message.split('\n')[0] ?? '') : '' })
    }).stdin?.end()
  })
  const info = parseMetadata(said.text)
  if ('problem' in info) return verdict('refuse', 'resource.agent-meta', { agent: name, reason: said.why || info.problem }, 'error')
  if (cache.size >= CACHED_MAX) cache.clear()
  cache.set(path, { mtimeMs, info })
  return info
}

/** What is wrong with a resource as configured; empty = nothing. An agent that is not on this machine may still be on others: `warning`. */
export async function validateResource(doc: ResourceDoc, facts: HostFacts): Promise<readonly Verdict[]> {
  const unfit = paramProblem(doc.params)
  if (unfit) return [verdict('refuse', 'resource.params', { resource: doc.name, reason: unfit }, 'error')]
  const info = await agentInfo(doc.agent, facts)
  if ('severity' in info) return [info.key === 'resource.agent-missing' ? { ...info, severity: 'warning' } : info]
  const known = info.parameters.map((p) => p.name)
  const problems: Verdict[] = []
  for (const name of Object.keys(doc.params).sort()) {
    if (known.includes(name)) continue
    problems.push(
      verdict(
        'refuse',
        'resource.param-unknown',
        { resource: doc.name, agent: doc.agent, param: name, known: known.join(', ').slice(0, 400) },
        'error',
      ),
    )
  }
  const given: Readonly<Record<string, string>> = { ...doc.params, ...(doc.agent.startsWith('systemd:') && { unit: doc.agent.slice(8) }) }
  for (const p of info.parameters) {
    if (!p.required || (given[p.name] ?? '') !== '') continue
    problems.push(
      verdict(
        'refuse',
        'resource.param-missing',
        { resource: doc.name, agent: doc.agent, param: p.name, what: p.short.en ?? p.name },
        'error',
      ),
    )
  }
  return problems
}
