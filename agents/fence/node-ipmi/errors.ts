/**
 * Every way in which a BMC, the network or the caller can say no, as one clear sentence with a code that programs can branch on.
 * No sentence holds a password or a key.
 */

export type IpmiCode =
  | 'options' // what the caller gave cannot be used
  | 'no-answer' // the limit passed without an answer
  | 'unreachable' // the system says that nothing can be reached there
  | 'wrong-user'
  | 'wrong-password'
  | 'cipher-suite' // the BMC does not offer it
  | 'no-session-slot'
  | 'privilege' // the user may not do that
  | 'busy'
  | 'refused' // any other answer that says no
  | 'untrue' // the BMC did not prove that it has the same keys: a wrong K_G key, or somebody else
  | 'not-confirmed' // told, and the power did not get there within the limit
  | 'closed' // the session was closed by the caller

export class IpmiError extends Error {
  override readonly name = 'IpmiError'
  constructor(
    readonly code: IpmiCode,
    sentence: string,
    /** The status or completion code of the BMC, where it gave one. */
    readonly status?: number,
  ) {
    super(sentence)
  }
}

const hex = (n: number): string => `0x${n.toString(16).padStart(2, '0')}`

/** Status codes of Open Session and RAKP messages (IPMI 2.0, table 13-15). */
const STATUS: Readonly<Record<number, readonly [IpmiCode, string]>> = {
  1: ['no-session-slot', 'has no session slot left; close other sessions or wait until they time out (usually 60 s)'],
  2: ['refused', 'does not know this session'],
  3: ['refused', 'does not take this payload type'],
  4: ['cipher-suite', 'does not offer the authentication of this cipher suite'],
  5: ['cipher-suite', 'does not offer the integrity check of this cipher suite'],
  6: ['cipher-suite', 'found no authentication that both sides know'],
  7: ['cipher-suite', 'found no integrity check that both sides know'],
  8: ['refused', 'says that this session is not active'],
  9: ['privilege', 'does not know this privilege level'],
  10: ['privilege', 'does not give USER the privilege level that was asked for'],
  11: ['no-session-slot', 'has no session slot left for this privilege level'],
  12: ['wrong-user', 'does not take a user name of this length'],
  13: ['wrong-user', 'does not know USER, or does not let it in'],
  14: ['refused', 'does not take this GUID'],
  15: ['wrong-password', 'says that the password of USER is wrong'],
  16: ['cipher-suite', 'does not offer the encryption of this cipher suite'],
  17: ['cipher-suite', 'does not offer this cipher suite'],
  18: ['refused', 'does not take a parameter of the session set-up'],
}

/** A status that is not 0 in an answer of the session set-up. */
export function statusError(where: string, user: string, step: string, status: number): IpmiError {
  const [code, what] = STATUS[status] ?? (['refused', 'refuses'] as const)
  return new IpmiError(code, `the BMC at ${where} ${what.replace('USER', () => user)} (${step}, status ${hex(status)})`, status)
}

const COMPLETION: Readonly<Record<number, readonly [IpmiCode, string]>> = {
  192: ['busy', 'is busy'],
  193: ['refused', 'does not know this command'],
  195: ['busy', 'ran into a time-out of its own'],
  203: ['refused', 'says that what was asked for is not there'],
  204: ['refused', 'does not take a field of this command'],
  207: ['busy', 'has this command under way already'],
  208: ['busy', 'starts, and cannot answer yet'],
  209: ['busy', 'updates its firmware, and cannot answer yet'],
  210: ['busy', 'begins anew, and cannot answer yet'],
  212: ['privilege', 'does not let this user do that: its privilege level is too low'],
  213: ['refused', 'cannot do that in its present state'],
  214: ['refused', 'has this command switched off'],
}

/** A completion code that is not 0 in the answer to a command. */
export function completionError(where: string, command: string, code: number): IpmiError {
  const [kind, what] = COMPLETION[code] ?? (['refused', 'refuses'] as const)
  return new IpmiError(kind, `the BMC at ${where} ${what} (${command}, completion code ${hex(code)})`, code)
}

/** Set Session Privilege Level has codes of its own. */
export function privilegeError(where: string, level: string, code: number): IpmiError {
  const known = code === 0x80 || code === 0x81 || code === 0xd4
  if (!known) return completionError(where, 'set session privilege level', code)
  return new IpmiError(
    'privilege',
    `the BMC at ${where} does not give this user the privilege level ${level} (completion code ${hex(code)})`,
    code,
  )
}
