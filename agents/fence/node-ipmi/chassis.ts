/** The chassis device: its power state, what can be done to it, and whether it got there. An order that was taken is no proof; the state is. */
import { IpmiError } from './errors.js'
import type { Session } from './session.js'
import { now, pause } from './udp.js'

const NETFN_CHASSIS = 0x00
const GET_STATUS = 0x01
const CONTROL = 0x02
const CONTROLS = { off: 0, on: 1, cycle: 2, reset: 3, diag: 4, soft: 5 } as const
/** off and on are hard; soft asks the operating system to end itself; cycle: off, then on again; diag: a diagnostic interrupt. */
export type PowerAction = keyof typeof CONTROLS

export interface ChassisStatus {
  readonly power: 'on' | 'off'
  readonly overload: boolean
  readonly interlock: boolean
  readonly fault: boolean
  readonly controlFault: boolean
}

export async function chassisStatus(session: Session, limitMs: number): Promise<ChassisStatus> {
  const data = await session.command('chassis status', NETFN_CHASSIS, GET_STATUS, new Uint8Array(), limitMs)
  const bits = data[0]
  if (bits === undefined || data.length < 3)
    throw new IpmiError('refused', `the BMC at ${session.where} gave a chassis status that is too short`)
  const has = (bit: number): boolean => (bits & (1 << bit)) !== 0
  return { power: has(0) ? 'on' : 'off', overload: has(1), interlock: has(2), fault: has(3), controlFault: has(4) }
}

/** Orders it. Done means that the BMC took the order, not that the power is there. */
export async function power(session: Session, action: PowerAction, limitMs: number): Promise<void> {
  await session.command(`power ${action}`, NETFN_CHASSIS, CONTROL, Uint8Array.of(CONTROLS[action]), limitMs)
}

export interface Confirmed {
  readonly power: 'on' | 'off'
  /** How often the state was asked for. */
  readonly asked: number
}
const POLL_MS = { first: 10, max: 250 }
const AGAIN_MS = 3000

/**
 * Orders it, and asks for the state until it is that; an error where it is not within `limitMs`. A BMC that refuses the order is believed
 * when the state is what was wanted all the same (some refuse "off" to a machine that is off). The order is given again every 3 s.
 */
async function brought(session: Session, wanted: 'on' | 'off', limitMs: number): Promise<Confirmed> {
  const deadline = now() + limitMs
  const left = (): number => Math.max(0, deadline - now())
  for (let asked = 0, wait = POLL_MS.first; ; ) {
    const refusal = await power(session, wanted, left()).then(
      () => undefined,
      (e) => e as IpmiError,
    )
    if (refusal && refusal.code !== 'refused') throw refusal
    const again = now() + AGAIN_MS
    do {
      const status = await chassisStatus(session, left())
      asked += 1
      if (status.power === wanted) return { power: wanted, asked }
      if (refusal) throw refusal
      if (now() + wait >= deadline)
        throw new IpmiError(
          'not-confirmed',
          `the BMC at ${session.where} took the order, but the power is still ${status.power} at the end of the time limit`,
        )
      await pause(wait)
      wait = Math.min(2 * wait, POLL_MS.max)
    } while (now() < again)
  }
}
/** Hard off, confirmed by the chassis status. */
export const powerOffConfirmed = (session: Session, limitMs: number): Promise<Confirmed> => brought(session, 'off', limitMs)
export const powerOnConfirmed = (session: Session, limitMs: number): Promise<Confirmed> => brought(session, 'on', limitMs)
