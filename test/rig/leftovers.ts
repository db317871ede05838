/**
 * What a lab leaves on this machine while it lives, and how it is taken away: by its own end, or by the next run when the rig itself was
 * killed. A lab's folder says who owns it; the processes of a lab are those in its network namespaces, whatever became of their parents.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inoOf } from './machine.js'
import { namespaces, unwire } from './net.js'

const prefix = 'kyha-rig-'
interface Owner {
  readonly lab: string
  readonly pid: number
  /** Start of that process, clock ticks: another one may have its number later. */
  readonly started: string
}

const startOf = (pid: number): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19]
  } catch {
    return undefined // no such process
  }
}
/** Mount point of cgroup v2; undefined where there is none. */
const groups = (): string | undefined => readFileSync('/proc/self/mounts', 'utf8').match(/^\S+ (\S+) cgroup2 /m)?.[1]

/** A folder for a lab, marked as ours, and its control groups. */
export function open(lab: string, hosts: readonly string[]): string {
  const dir = mkdtempSync(join(tmpdir(), prefix))
  writeFileSync(join(dir, 'lab.json'), JSON.stringify({ lab, pid: process.pid, started: startOf(process.pid) ?? '' } satisfies Owner))
  mkdirSync(join(dir, 'power'))
  const point = groups()
  if (point !== undefined) for (const host of hosts) mkdirSync(join(point, lab, host), { recursive: true })
  return dir
}

/** Ends everything of a lab and removes every trace; `keep` leaves its folder. */
export async function close(lab: string, dir: string, keep = false): Promise<void> {
  for (let left = processes(lab); left.length > 0; left = processes(lab)) {
    for (const pid of left) kill(pid)
    await new Promise((r) => setTimeout(r, 10))
  }
  unwire(lab)
  const point = groups()
  if (point !== undefined) await removeGroup(join(point, lab))
  rmSync(keep ? join(dir, 'lab.json') : dir, { recursive: true, force: true }) // a folder without it is nobody's to take away
}

/** Takes away labs whose rig is gone. Answers their names. */
export async function sweep(): Promise<readonly string[]> {
  const swept: string[] = []
  for (const name of readdirSync(tmpdir()).filter((n) => n.startsWith(prefix))) {
    const dir = join(tmpdir(), name)
    if (!existsSync(join(dir, 'lab.json'))) continue
    const owner = JSON.parse(readFileSync(join(dir, 'lab.json'), 'utf8')) as Owner
    if (startOf(owner.pid) === owner.started) continue
    await close(owner.lab, dir)
    swept.push(owner.lab)
  }
  return swept
}

/** Processes in the network namespaces of a lab. */
export function processes(lab: string): number[] {
  const inodes = new Set(namespaces(lab).map((name) => inoOf(`/run/netns/${name}`)))
  if (inodes.size === 0) return []
  return readdirSync('/proc')
    .filter((p) => /^\d+$/.test(p) && inodes.has(inoOf(`/proc/${p}/ns/net`)))
    .map(Number)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ESRCH') throw e // it ended meanwhile
  }
}

/** Groups go from the leaves; one that held a process a moment ago is busy for another. */
async function removeGroup(path: string, tries = 200): Promise<void> {
  if (!existsSync(path)) return
  for (const e of readdirSync(path, { withFileTypes: true })) if (e.isDirectory()) await removeGroup(join(path, e.name), tries)
  try {
    rmdirSync(path)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'EBUSY' || tries === 0) throw e
    await new Promise((r) => setTimeout(r, 10))
    await removeGroup(path, tries - 1)
  }
}
