/**
 * `npm start`: lays out and starts the demo, says where to look and what to try, and stays in the foreground. Ctrl-C ends everything.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StatusView } from '../api/views.js'
import { ApiError, call } from '../cli/client.js'
import { becomeLauncher, forgetLauncher } from './launcher.js'
import { consoleUrl, type Demo, demoDir, layOut, loadDemo, serviceUrl } from './layout.js'
import { anyUp, end, powerUp, waitFor } from './power.js'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function statusOf(demo: Demo): Promise<StatusView | undefined> {
  for (const n of demo.nodes) {
    try {
      return await call<StatusView>({ socket: n.api }, '/status')
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
    }
  }
  return undefined
}

async function form(demo: Demo): Promise<void> {
  const target = { socket: (demo.nodes[0] as Demo['nodes'][0]).api }
  await waitFor('A first view of the cluster', 30_000, async () => {
    const s = await statusOf(demo)
    return s?.quorum.quorate === true && s.leader !== null
  })
  const body = readFileSync(join(demo.dir, 'config.yaml'), 'utf8')
  await waitFor('Taking the configuration', 15_000, async () => {
    try {
      await call(target, '/config', { method: 'PUT', body, headers: { 'idempotency-key': 'demo-config' } })
      return true
    } catch (e) {
      if (e instanceof ApiError && ['no-leader', 'no-quorum', 'starting', 'disconnected', 'unknown-outcome'].includes(e.view.code))
        return false
      throw e
    }
  })
  await waitFor('Starting the service', 30_000, async () =>
    ((s) => s !== undefined && s.resources.length > 0 && s.resources.every((r) => r.role === 'Started'))(await statusOf(demo)),
  )
}

async function stopAll(demo: Demo): Promise<void> {
  await Promise.all(demo.nodes.map(end))
}

async function main(): Promise<number> {
  if (!becomeLauncher(demoDir)) {
    process.stderr.write(`A demo runs already (${demoDir}): press Ctrl-C where it was started, or end it with \`npm run demo -- stop\`.\n`)
    return 75
  }
  let demo: Demo | undefined
  let stopping = false
  const stop = async (code: number): Promise<void> => {
    if (stopping) return
    stopping = true
    if (demo) await stopAll(demo)
    forgetLauncher(demoDir)
    process.exit(code)
  }
  // From here on Ctrl-C ends what was started, however little that is.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))
  const old = loadDemo()
  if (old && (await anyUp(old))) {
    say('Ending what an earlier demo left ...')
    await stopAll(old)
  }
  const made = await layOut()
  if (stopping) return 0
  demo = made
  say('Starting three nodes on this machine ...')
  for (const n of demo.nodes) powerUp(n)
  try {
    await form(demo)
  } catch (e) {
    if (stopping) return 0
    const logs = demo.nodes.map((n) => join(n.dir, 'node.log')).join(' ')
    const why = e instanceof ApiError ? [e.view.message.en, ...e.view.problems].join(' ') : (e as Error).message
    process.stderr.write(`The demo did not come up: ${why}. The nodes’ own words stand in ${logs}.\n`)
    await stop(1)
    return 1
  }
  const s = await statusOf(demo)
  say('')
  say(`console: ${consoleUrl(demo.nodes.at(-1) as Demo['nodes'][0])}`)
  say(`service: ${serviceUrl(demo)}`)
  say('')
  say(`The service runs on ${s?.resources.find((r) => r.name === 'web')?.node ?? '?'}. Try, in a second terminal:`)
  say('  npm run demo -- kill n1      power of n1 is cut: the service answers from another node')
  say('  npm run demo -- crash web    the service’s processes are killed: it is restarted in place')
  say('  npm run demo -- cut 0        heartbeat link 0 goes dark everywhere: nothing moves')
  say('  npm run demo -- heal         power and links are back;  npm run demo -- status shows it all')
  say('')
  say(`Ctrl-C ends everything. (${demoDir})`)
  setInterval(() => undefined, 1 << 30) // a promise alone does not keep a process in the foreground
  return new Promise<number>(() => undefined)
}

process.exitCode = await main()
