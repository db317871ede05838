/** Runs the guard's cases against the real guard in the given variants; what this machine cannot do is skipped with its reason. */
import { suite } from 'uvu'
import { when } from '../needs.js'
import { guardCases } from './guard.cases.js'
import { cannot, type Options, RealGuard } from './guard.harness.js'
import { leaseCases } from './guard.lease.cases.js'

export async function runCases(variants: readonly Options[]): Promise<void> {
  const t = suite('guard')
  const opened: RealGuard[] = []
  for (const options of variants) {
    const name = `${options.cgroup ?? 'auto'}${options.unprivileged ? ' unprivileged' : ''}${options.force ? ` with ${options.force}` : ''}`
    const check = when(t, await cannot(options))
    let harness: Promise<RealGuard> | undefined
    const open = async (): Promise<RealGuard> => {
      const guard = new RealGuard(options)
      opened.push(guard)
      await guard.open()
      return guard
    }
    for (const one of guardCases)
      check(`guard ${name}: ${one.name}`, async () => {
        harness ??= open()
        await one.run(await harness)
      })
    for (const one of leaseCases)
      check(`guard ${name}: ${one.name}`, async () => {
        const guard = await open()
        await one.run(guard)
      })
  }
  t.after(async () => {
    for (const guard of opened) await guard.close()
  })
  t.run()
}
