/**
 * `fence_kyha_ipmi`: a fence agent (Fence Agent API) for machines with a BMC that speaks IPMI 2.0. Exit codes: 0 done and proved (status: on),
 * 1 anything else, a time-out among it, 2 only for status: the BMC says off.
 */
import { chassisStatus, openSession, powerOffConfirmed, powerOnConfirmed, type Session } from 'node-ipmi'
import { actionOf, INPUT_MAX, readInput, readWish, type Wish } from './options.js'

const Exit = { done: 0, failed: 1, off: 2 } as const

function end(code: number, said: string): never {
  if (said !== '') (code === Exit.failed ? process.stderr : process.stdout).write(said)
  process.exit(code)
}
const fail = (why: string): never => end(Exit.failed, `fence_kyha_ipmi: ${why.replace(/[^ -~]/g, '?')}\n`)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function stdin(): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    length += part.length
    if (length > INPUT_MAX) fail(`more than ${INPUT_MAX} bytes of parameters were given`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

async function metadata(): Promise<never> {
  return end(Exit.done, (await import('./metadata.js')).metadata())
}

/** Carries it out within an open session: the exit code, and the line for stdout. */
async function act(session: Session, wish: Wish): Promise<readonly [number, string]> {
  switch (wish.action) {
    case 'off':
      await off(session, wish)
      return [Exit.done, 'Success: Powered OFF\n']
    case 'on':
      await on(session, wish)
      return [Exit.done, 'Success: Powered ON\n']
    case 'reboot': {
      await off(session, wish)
      const trouble = await on(session, wish).then(
        () => undefined,
        (e: Error) => e.message,
      )
      // The machine was off, which is what was asked for; whether it starts again is another matter.
      if (trouble !== undefined) process.stderr.write(`fence_kyha_ipmi: it was off, but does not come on: ${trouble}\n`)
      return [Exit.done, 'Success: Rebooted\n']
    }
    case 'status': {
      const { power } = await chassisStatus(session, wish.shellMs)
      return [power === 'on' ? Exit.done : Exit.off, `Status: ${power.toUpperCase()}\n`]
    }
    default: // monitor: the BMC answers and lets this user in
      await chassisStatus(session, wish.shellMs)
      return [Exit.done, '']
  }
}
async function off(session: Session, wish: Wish): Promise<void> {
  await powerOffConfirmed(session, wish.powerMs)
  await pause(wish.settleMs)
}
async function on(session: Session, wish: Wish): Promise<void> {
  for (let left = wish.tries; ; left--) {
    try {
      await powerOnConfirmed(session, wish.powerMs)
      break
    } catch (e) {
      if (left <= 1) throw e
    }
  }
  await pause(wish.settleMs)
}

async function main(args: readonly string[]): Promise<never> {
  if (actionOf(args) === 'metadata') return metadata()
  const given = readInput(await stdin(), args)
  if (given.get('action') === 'metadata') return metadata()
  const wish = readWish(given)
  if ('problem' in wish) return fail(wish.problem)
  if (wish.action === 'list' || wish.action === 'list-status') return end(Exit.done, 'N/A\n') // one BMC, one machine: there are no plugs
  if (wish.action === 'validate-all') return end(Exit.done, '')
  if (wish.action === 'off' || wish.action === 'reboot') await pause(wish.delayMs)
  const session = await openSession(wish.ipmi, wish.loginMs)
  try {
    const [code, said] = await act(session, wish)
    await session.close()
    return end(code, said)
  } catch (e) {
    await session.close()
    throw e
  }
}

await main(process.argv.slice(2)).catch((e: Error) => fail(e.message))
