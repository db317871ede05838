/**
 * `npm run bench -- ipmi [--trials N] [-o json]`: how long a confirmed "off" takes by IPMI on OpenIPMI's simulator, whose chassis follows an
 * order at once: the client alone, kyha's fence agent as kyhad runs it, and fence_ipmilan where that is installed.
 */
import { openSession, powerOffConfirmed } from 'node-ipmi'
import { resolveArgv0 } from '../agents/contract.js'
import { dirs, environment, fence, ipmitool, parametersOf, run, Simulator } from '../test/contract/ipmi.harness.js'
import { program } from '../test/needs.js'
import { commit, load, machine, writeSection } from './figures.js'

const limitMs = 20_000
const foreignTrials = 10

interface Way {
  readonly name: string
  readonly trials: number
  /** Switches off and says how long that took, ms. */
  off(): Promise<number>
}

const clocked = async (doing: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await doing()
  return performance.now() - started
}

/** Exit code 0, or it does not count. */
const byAgent = async (path: string, parameters: Readonly<Record<string, string>>): Promise<number> => {
  const { code, err, ms } = await fence(path, { ...parameters, action: 'off' })
  if (code !== 0) throw new Error(`${path} failed: ${err}`)
  return ms
}

function waysOf(bmc: Simulator, trials: number): readonly Way[] {
  const options = { host: '127.0.0.1', port: bmc.port, username: bmc.username, password: bmc.password }
  const given = parametersOf(bmc)
  const own = resolveArgv0('fence_kyha_ipmi', dirs) ?? ''
  const path = (process.env['PATH'] ?? '').split(':')
  const foreign = resolveArgv0('fence_ipmilan', { ...dirs, fenceDirs: [...path, ...dirs.fenceDirs] }) ?? ''
  return [
    {
      name: 'client: off and status, in an open session',
      trials,
      async off() {
        const session = await openSession(options, limitMs)
        const ms = await clocked(() => powerOffConfirmed(session, limitMs))
        await session.close()
        return ms
      },
    },
    {
      name: 'client: session, off, status, close',
      trials,
      off: () =>
        clocked(async () => {
          const session = await openSession(options, limitMs)
          await powerOffConfirmed(session, limitMs)
          await session.close()
        }),
    },
    { name: '`fence_kyha_ipmi`, its process included', trials, off: () => byAgent(own, given) },
    { name: 'of this, node itself (`node -e 0`)', trials, off: async () => (await run(process.execPath, ['-e', '0'], environment)).ms },
    ...(program('fence_ipmilan') === undefined
      ? [
          {
            name: '`fence_ipmilan`, `power_wait=0`',
            trials: foreignTrials,
            off: () => byAgent(foreign, { ...given, lanplus: '1', cipher: '3', power_wait: '0' }),
          },
        ]
      : []),
  ]
}

const at = (sorted: readonly number[], share: number): number => Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? -1) * 10) / 10

async function measure(bmc: Simulator, way: Way): Promise<{ name: string; trials: number; median: number; p99: number; max: number }> {
  const samples: number[] = []
  for (let i = 0; i < way.trials; i++) {
    await ipmitool(bmc, 3, 'power', 'on')
    samples.push(await way.off())
  }
  samples.sort((a, b) => a - b)
  return { name: way.name, trials: way.trials, median: at(samples, 0.5), p99: at(samples, 0.99), max: at(samples, 1) }
}

export async function ipmi(trials: number, json: boolean): Promise<number> {
  const missing = [program('ipmi_sim'), program('ipmitool')].filter((n) => n !== undefined)
  if (missing.length > 0) {
    process.stderr.write(`bench ipmi ${missing.join(' and ')} (Debian: openipmi, ipmitool)\n`)
    return 69
  }
  const bmc = await Simulator.start()
  const rows = []
  try {
    for (const way of waysOf(bmc, trials)) rows.push(await measure(bmc, way))
  } finally {
    await bmc.close()
  }
  const body = `\`npm run bench -- ipmi --trials ${trials}\`, commit ${commit()}, ${machine()}, load ${load()}.
Power off, confirmed by the chassis status, ms by the clock; \`ipmi_sim\` on loopback, its chassis a shell script that follows at once (a real BMC adds
its own time). Default cipher suites: 17 is offered first, this simulator takes 3.

| way | trials | median | 99 % | largest |
|---|---|---|---|---|
${rows.map((r) => `| ${r.name} | ${r.trials} | ${r.median} | ${r.p99} | ${r.max} |`).join('\n')}`
  writeSection('IPMI', body)
  process.stdout.write(json ? `${JSON.stringify({ ways: rows })}\n` : `${body}\n`)
  return 0
}
