/**
 * Who started the demo: the launcher's pid and the time when that process began, so that a pid that was given to somebody else is not taken for
 * it. One launcher at a time for a demo's folder; one that was killed leaves a file that says nothing any more.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const fileOf = (dir: string): string => `${dir}.launcher`

/** Field 22 of /proc/PID/stat, after the name in brackets: ticks from boot to the process's start. */
function beganAt(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19]
  } catch {
    return undefined // it has ended
  }
}

/** Pid of the launcher that lives. */
export function launcherOf(dir: string): number | undefined {
  try {
    const [pid = '', began] = readFileSync(fileOf(dir), 'utf8').trim().split(' ')
    return beganAt(Number(pid)) === began ? Number(pid) : undefined
  } catch {
    return undefined // nobody started one
  }
}

/** This process is the launcher from now on; false when another one lives. */
export function becomeLauncher(dir: string): boolean {
  if (launcherOf(dir) !== undefined) return false
  rmSync(fileOf(dir), { force: true })
  mkdirSync(dirname(dir), { recursive: true })
  try {
    writeFileSync(fileOf(dir), `${process.pid} ${beganAt(process.pid)}\n`, { flag: 'wx' })
    return true
  } catch {
    return false // somebody was quicker
  }
}

export const forgetLauncher = (dir: string): void => rmSync(fileOf(dir), { force: true })
