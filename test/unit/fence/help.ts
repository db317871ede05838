/** What the tests of the fence agents share: a device from parameters, and the sentence that something fails with. */
import * as assert from 'uvu/assert'
import type { Switch } from '../../../agents/fence/agent.js'
import { DeviceError } from '../../../agents/fence/confirm.js'
import { type Given, type Refused, readInput, type Wish } from '../../../agents/fence/options.js'

export type Parameters = Readonly<Record<string, string>>

/** What the agent makes of parameters as it gets them; a refusal is thrown as what it would say. */
export function wishOf<W extends Wish>(read: (given: Given) => W | Refused, parameters: Parameters): W {
  const lines = Object.entries(parameters).map(([k, v]) => `${k}=${v}\n`)
  const wish = read(readInput(lines.join(''), []))
  if ('problem' in wish) throw new DeviceError(wish.problem)
  return wish
}

/** Refusals: each change of the usual parameters is refused with these words, on one line, without a secret. */
export function refuses(
  read: (given: Given) => Wish | Refused,
  usual: Parameters,
  cases: readonly (readonly [Parameters, RegExp])[],
): void {
  for (const [more, says] of cases) {
    const wish = read(new Map(Object.entries({ ...usual, ...more })))
    const problem = 'problem' in wish ? wish.problem : 'none'
    assert.match(problem, says, JSON.stringify(more))
    assert.not.match(problem, /canary|\n/)
  }
}

/** The sentence that it fails with: one line, bounded, and nothing of a secret. */
export async function sentence(doing: Promise<unknown>): Promise<string> {
  const e = await doing.then(
    () => undefined,
    (e: Error) => e,
  )
  assert.instance(e, DeviceError)
  assert.match(e?.message ?? '', /^[ -~]{10,300}$/)
  assert.not.match(e?.message ?? '', /canary|Basic|token-/)
  return e?.message ?? ''
}

/** Off, confirmed, and the device is let go. */
export async function switchOff(opening: Promise<Switch>): Promise<void> {
  const device = await opening
  await device.bring('off').finally(() => device.close())
}
