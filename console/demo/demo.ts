/**
 * `npm run demo -- kill NODE | cut LINK | crash SERVICE | heal | status [-o json] | stop`: faults and their repair, from a second
 * terminal. kill = the node's power: kyhad, guard and every service process die at once, and nobody is told.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { StatusView } from '../api/views.js'
import { ApiError, call } from '../cli/client.js'
import { status as renderStatus } from '../cli/render.js'
import { detect } from '../cli/terminal.js'
import { type Demo, demoDir, demoFile, loadDemo } from './layout.js'
import { ask, end } from './power.js'

const usage = 'usage: npm run demo -- kill NODE | cut LINK | crash RESOURCE | heal | status [-o json] | stop'

function refuse(why: string, code = 64): number {
  process.stderr.write(`${why}\n`)
  return code
}

/** The freshest view that any node has: the one with the highest index among the quorate. */
async function view(demo: Demo): Promise<StatusView | undefined> {
  const answers = await Promise.all(demo.nodes.map((n) => call<StatusView>({ socket: n.api }, '/status').catch(ignoreDown)))
  const up = answers.filter((a) => a !== undefined)
  return up.sort((a, b) => Number(b.quorate) - Number(a.quorate) || b.index - a.index)[0]
}
const ignoreDown = (e: unknown): undefined => {
  if (e instanceof ApiError) return undefined
  throw e
}

async function showStatus(demo: Demo, json: boolean): Promise<number> {
  const s = await view(demo)
  if (!s) return refuse('No node answers: `npm run demo -- heal` turns them on again.', 102)
  if (json) {
    const nodes = s.nodes.map((n) => ({ name: n.name, state: n.state }))
    const resources = s.resources.map((r) => ({ id: r.name, role: r.role, node: r.node }))
    process.stdout.write(`${JSON.stringify({ nodes, resources })}\n`)
  } else process.stdout.write(renderStatus(detect(process.env, process.stdout), s))
  return 0
}

async function kill(demo: Demo, name: string | undefined): Promise<number> {
  const node = demo.nodes.find((n) => n.name === name)
  if (!node) return refuse(`There is no node ${name ?? ''}: ${demo.nodes.map((n) => n.name).join(', ')} exist.`)
  const answer = await ask(node.power, 'crash')
  process.stdout.write(
    answer?.startsWith('ok')
      ? `${node.name}: power cut, ${answer.split(' ')[2] ?? '?'} processes killed\n`
      : `${node.name}: its switch says ${answer ?? 'nothing'}\n`,
  )
  return answer?.startsWith('ok') ? 0 : 1
}

async function setLinks(demo: Demo, link: number, cut: boolean): Promise<void> {
  await Promise.all(demo.nodes.map((n) => call({ socket: n.api }, '/lab/link', { method: 'POST', json: { link, cut } }).catch(ignoreDown)))
}

/** Processes of a resource, by the marker that the guard leaves in their environment. */
function pidsOf(resourceId: string): number[] {
  return readdirSync('/proc')
    .filter((p) => /^\d+$/.test(p))
    .filter((p) => {
      try {
        return readFileSync(`/proc/${p}/environ`, 'latin1').split('\0').includes(`KYHA_RESOURCE=${resourceId}`)
      } catch {
        return false // gone meanwhile, or somebody else's
      }
    })
    .map(Number)
}

async function crash(demo: Demo, name: string | undefined): Promise<number> {
  const s = await view(demo)
  const resource = s?.resources.find((r) => r.name === name)
  if (!s || !resource)
    return refuse(`There is no resource ${name ?? ''}: ${s?.resources.map((r) => r.name).join(', ') ?? 'no node answers'}.`)
  const pids = pidsOf(resource.id)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  process.stdout.write(
    pids.length > 0 ? `${name}: killed ${pids.length} process(es) on ${resource.node ?? '?'}\n` : `${name} has no process to kill.\n`,
  )
  return pids.length > 0 ? 0 : 1
}

async function heal(demo: Demo): Promise<number> {
  for (const n of demo.nodes) if ((await ask(n.power, 'status')) === 'off') await ask(n.power, 'on')
  for (const link of [0, 1]) await setLinks(demo, link, false)
  process.stdout.write('power is on everywhere, all links are healed\n')
  return 0
}

async function main([verb, ...rest]: string[]): Promise<number> {
  if (!existsSync(demoFile())) return refuse(`No demo runs (${demoDir} does not exist): start it with \`npm start\`.`, 69)
  const demo = loadDemo()
  switch (verb) {
    case 'kill':
      return kill(demo, rest[0])
    case 'cut': {
      if (!/^[01]$/.test(rest[0] ?? '')) return refuse(`There is no link ${rest[0] ?? ''}: 0 and 1 exist.`)
      await setLinks(demo, Number(rest[0]), true)
      process.stdout.write(`link ${rest[0]} is cut on every node\n`)
      return 0
    }
    case 'crash':
      return crash(demo, rest[0])
    case 'heal':
      return heal(demo)
    case 'status':
      return showStatus(demo, rest.includes('json'))
    case 'stop':
      await Promise.all(demo.nodes.map(end))
      return 0
    default:
      return refuse(usage)
  }
}

process.exitCode = await main(process.argv.slice(2))
