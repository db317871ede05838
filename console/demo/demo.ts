/**
 * `npm run demo -- kill NODE | cut LINK | crash SERVICE | heal | status [-o json] | stop`: faults and their repair, from a second
 * terminal. kill = the node's power: kyhad, guard and every service process die at once, and nobody is told.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Role, StatusView } from '../api/views.js'
import { ApiError, call } from '../cli/client.js'
import { status as renderStatus } from '../cli/render.js'
import { detect } from '../cli/terminal.js'
import { launcherOf } from './launcher.js'
import { type Demo, demoDir, loadDemo } from './layout.js'
import { anyUp, ask, end } from './power.js'

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
  if (!s && json) return showPower(demo)
  if (!s) return refuse(nobody, 102)
  if (json) {
    const nodes = s.nodes.map((n) => ({ name: n.name, state: n.state }))
    // This form knows four roles: what nobody can say stands as Stopped with the node that may run it.
    const roleOf = (role: Role): string => (role === 'Unknown' ? 'Stopped' : role)
    const resources = s.resources.map((r) => ({ id: r.name, role: roleOf(r.role), node: r.node ?? r.mayRunOn }))
    process.stdout.write(`${JSON.stringify({ nodes, resources })}\n`)
  } else process.stdout.write(renderStatus(detect(process.env, process.stdout), s))
  return 0
}

/** No node answers: what the demo itself knows. A machine that is on and says nothing is unknown, not off. */
async function showPower(demo: Demo): Promise<number> {
  const power = await Promise.all(demo.nodes.map((n) => ask(n.power, 'status', switchMsMax)))
  const nodes = demo.nodes.map(({ name }, i) => ({ name, state: power[i] === 'off' ? 'off' : 'unknown' }))
  process.stdout.write(`${JSON.stringify({ nodes, resources: [] })}\n`)
  return 0
}

const names = (demo: Demo): string => demo.nodes.map((n) => n.name).join(', ')

async function kill(demo: Demo, name: string | undefined): Promise<number> {
  const node = demo.nodes.find((n) => n.name === name)
  if (!node) return refuse(name === undefined ? `Name a node to kill: ${names(demo)}.` : `There is no node ${name}: ${names(demo)} exist.`)
  if ((await ask(node.power, 'status')) === 'off') {
    process.stdout.write(`${node.name} is off already; \`npm run demo -- heal\` turns it on.\n`)
    return 0
  }
  const answer = await ask(node.power, 'crash')
  if (!answer?.startsWith('ok')) return refuse(`${node.name}: its power switch says ${answer ?? 'nothing'}.`, 1)
  process.stdout.write(`${node.name}: power cut, ${answer.split(' ')[2] ?? '?'} processes killed\n`)
  return 0
}

async function setLinks(demo: Demo, link: number, cut: boolean): Promise<void> {
  await Promise.all(demo.nodes.map((n) => call({ socket: n.api }, '/lab/link', { method: 'POST', json: { link, cut } }).catch(ignoreDown)))
}

/** Processes of a resource of this demo, by the marks that the guard leaves in their environment. Another cluster's may have the same id. */
function pidsOf(demo: Demo, resourceId: string): number[] {
  const rooms = demo.nodes.map((n) => `HA_RSCTMP=${join(n.dir, 'run')}`)
  return readdirSync('/proc')
    .filter((p) => /^\d+$/.test(p))
    .filter((p) => {
      try {
        const marks = readFileSync(`/proc/${p}/environ`, 'latin1').split('\0')
        return marks.includes(`KYHA_RESOURCE=${resourceId}`) && rooms.some((room) => marks.includes(room))
      } catch {
        return false // gone meanwhile, or somebody else's
      }
    })
    .map(Number)
}

async function crash(demo: Demo, name: string | undefined): Promise<number> {
  const s = await view(demo)
  if (!s) return refuse(nobody, 102)
  const resource = s.resources.find((r) => r.name === name)
  const known = s.resources.map((r) => r.name).join(', ') || 'none yet'
  if (!resource) return refuse(name === undefined ? `Name a resource to crash: ${known}.` : `There is no resource ${name}: ${known}.`)
  const pids = pidsOf(demo, resource.id)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  if (pids.length === 0) return refuse(`${name} has no process to kill${resource.node === null ? ': it does not run now' : ''}.`, 1)
  process.stdout.write(`${name}: killed ${pids.length} process(es) on ${resource.node ?? '?'}\n`)
  return 0
}

/** A switch answers at once, whatever its machine does. */
const switchMsMax = 5000

async function heal(demo: Demo): Promise<number> {
  const s = await view(demo)
  const power = await Promise.all(demo.nodes.map(async (node) => ({ node, is: await ask(node.power, 'status', switchMsMax) })))
  const off = power.filter((p) => p.is === 'off').map((p) => p.node)
  const wrong = power.filter((p) => p.is === undefined).map((p) => `${p.node.name}: its power switch does not answer.`)
  for (const n of off) {
    const answer = await ask(n.power, 'on')
    if (!answer?.startsWith('ok')) wrong.push(`${n.name}: its power switch says ${answer ?? 'nothing'}.`)
  }
  for (const link of [0, 1]) await setLinks(demo, link, false)
  if (wrong.length > 0)
    return refuse(`${wrong.join(' ')} The links of all others are healed. End the demo with Ctrl-C and start it again for a whole one.`, 1)
  const dark = s?.links.some((l) => l.state === 'silent' && !off.some((n) => n.name === l.peer)) ?? true
  if (off.length === 0 && !dark) process.stdout.write('Nothing was broken: power is on everywhere, all links are up.\n')
  else
    process.stdout.write(
      `power is on everywhere${off.length > 0 ? ` (${off.map((n) => n.name).join(', ')} just now)` : ''}, all links are healed\n`,
    )
  return 0
}

/** The launcher, if it lives, ends the nodes itself and then ends. */
async function stop(demo: Demo): Promise<number> {
  const launcher = launcherOf(demoDir)
  if (launcher !== undefined) process.kill(launcher, 'SIGTERM')
  await Promise.all(demo.nodes.map(end))
  process.stdout.write('the demo has ended\n')
  return 0
}

const none = 'No demo runs: start it with `npm start`.'
const nobody = 'No node answers: `npm run demo -- heal` turns them on again.'

async function main([verb, ...rest]: string[]): Promise<number> {
  if (verb === undefined || !['kill', 'cut', 'crash', 'heal', 'status', 'stop'].includes(verb))
    return refuse(verb === undefined ? usage : `There is no ${verb} here. ${usage}`)
  const demo = loadDemo()
  if (!demo || !(await anyUp(demo))) return refuse(none, 69)
  switch (verb) {
    case 'kill':
      return kill(demo, rest[0])
    case 'cut': {
      const link = rest[0]
      if (link !== '0' && link !== '1')
        return refuse(link === undefined ? 'Name a link to cut: 0 or 1.' : `There is no link ${link}: 0 and 1 exist.`)
      await setLinks(demo, Number(link), true)
      process.stdout.write(`link ${link} is cut on every node\n`)
      return 0
    }
    case 'crash':
      return crash(demo, rest[0])
    case 'heal':
      return heal(demo)
    case 'status': {
      const [flag, format] = rest
      if (flag !== undefined && (!['-o', '--output'].includes(flag) || !['json', 'table'].includes(format ?? '')))
        return refuse(`status takes -o json or nothing, not ${rest.join(' ')}.`)
      return showStatus(demo, format === 'json')
    }
    default:
      return stop(demo)
  }
}

process.exitCode = await main(process.argv.slice(2))
