/** Exit codes of the field (Pacemaker's CRM_EX_*), so that scripts and people transfer; and the API's error codes as exit codes. */
export const Exit = {
  ok: 0,
  error: 1,
  usage: 64,
  dataError: 65,
  noInput: 66,
  unavailable: 69,
  software: 70,
  tempFail: 75,
  noPermission: 77,
  misconfigured: 78,
  disconnected: 102,
  staleRevision: 103,
  noSuchObject: 105,
  noQuorum: 106,
  unsafe: 107,
  exists: 108,
  indeterminate: 112,
  noLeader: 114,
  timeout: 124,
} as const

const byCode: Readonly<Record<string, number>> = {
  invalid: Exit.dataError,
  'not-found': Exit.noSuchObject,
  'no-route': Exit.software,
  'stale-revision': Exit.staleRevision,
  'no-quorum': Exit.noQuorum,
  'no-leader': Exit.noLeader,
  starting: Exit.tempFail,
  'unknown-outcome': Exit.indeterminate,
  unsafe: Exit.unsafe,
  'too-large': Exit.dataError,
  'local-only': Exit.noPermission,
  internal: Exit.software,
  disconnected: Exit.disconnected,
}

export const exitOf = (code: string): number => byCode[code] ?? Exit.error
