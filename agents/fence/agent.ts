/**
 * What kyha's fence agents have in common (Fence Agent API): actions and exit codes. 0 done and proved (status: on), 1 anything else, a time-out among
 * it, 2 only for status: the device says off.
 */
import { actionOf, type Given, INPUT_MAX, type Refused, readInput, type Wish } from './options.js'

const Exit = { done: 0, failed: 1, off: 2 } as const
const SENTENCE_CHARS_MAX = 300

export type Power = 'on' | 'off'
/** A device that is ready to be asked. What cannot be done is an error whose message is one sentence without a secret. */
export interface Switch {
  status(): Promise<Power>
  /** Done means that the device says so itself. */
  bring(wanted: Power): Promise<void>
  close(): Promise<void>
}
export interface Agent<W extends Wish> {
  readonly name: string
  read(given: Given): W | Refused
  open(wish: W): Promise<Switch>
  /** Loaded only when it is asked for. */
  metadata(): Promise<string>
}

function end(code: number, said: string): never {
  if (said !== '') (code === Exit.failed ? process.stderr : process.stdout).write(said)
  process.exit(code)
}
const line = (name: string, why: string): string => `${name}: ${why.slice(0, SENTENCE_CHARS_MAX).replace(/[^ -~]/g, '?')}\n`
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The whole run of an agent; never returns. */
export async function runAgent<W extends Wish>(agent: Agent<W>): Promise<never> {
  const fail = (why: string): never => end(Exit.failed, line(agent.name, why))
  try {
    const args = process.argv.slice(2)
    if (actionOf(args) === 'metadata') return end(Exit.done, await agent.metadata())
    const text = await stdin()
    if (text === undefined) return fail(`more than ${INPUT_MAX} bytes of parameters were given`)
    const given = readInput(text, args)
    if (given.get('action') === 'metadata') return end(Exit.done, await agent.metadata())
    const wish = agent.read(given)
    if ('problem' in wish) return fail(wish.problem)
    if (wish.action === 'list' || wish.action === 'list-status') return end(Exit.done, 'N/A\n') // the configuration says what switches what
    if (wish.action === 'validate-all') return end(Exit.done, '')
    if (wish.action === 'off' || wish.action === 'reboot') await pause(wish.delayMs)
    const device = await agent.open(wish)
    try {
      const [code, said] = await act(agent.name, device, wish)
      await device.close()
      return end(code, said)
    } catch (e) {
      await device.close()
      throw e
    }
  } catch (e) {
    return fail((e as Error).message)
  }
}

async function stdin(): Promise<string | undefined> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    length += part.length
    if (length > INPUT_MAX) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** Carries it out: the exit code, and the line for stdout. */
async function act(name: string, device: Switch, wish: Wish): Promise<readonly [number, string]> {
  switch (wish.action) {
    case 'off':
      await off(device, wish)
      return [Exit.done, 'Success: Powered OFF\n']
    case 'on':
      await on(device, wish)
      return [Exit.done, 'Success: Powered ON\n']
    case 'reboot': {
      await off(device, wish)
      const trouble = await on(device, wish).then(
        () => undefined,
        (e: Error) => e.message,
      )
      // The machine was off, which is what was asked for; whether it starts again is another matter.
      if (trouble !== undefined) process.stderr.write(line(name, `it was off, but does not come on: ${trouble}`))
      return [Exit.done, 'Success: Rebooted\n']
    }
    case 'status': {
      const power = await device.status()
      return [power === 'on' ? Exit.done : Exit.off, `Status: ${power.toUpperCase()}\n`]
    }
    default: // monitor: the device answers and lets this user in
      await device.status()
      return [Exit.done, '']
  }
}
async function off(device: Switch, wish: Wish): Promise<void> {
  await device.bring('off')
  await pause(wish.settleMs)
}
async function on(device: Switch, wish: Wish): Promise<void> {
  for (let left = wish.tries; ; left--) {
    try {
      await device.bring('on')
      break
    } catch (e) {
      if (left <= 1) throw e
    }
  }
  await pause(wish.settleMs)
}
