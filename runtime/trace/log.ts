/**
 * kyhad's log: one JSON object per line (pino, written at once: no thread, no loss at a crash), with key, args and the English sentence. Main alone
 * writes it; where it cannot be written kyhad goes on without; threads say, main logs and tells the console. Ids: `index.n` of a decision, `node:boot:seq` of what this node observed.
 */
import { pino } from 'pino'
import type { Boot, Instant } from '../actor.js'
import type { FromThread, Said } from '../host/messages.js'
import { render } from '../text/index.js'
import type { Severity } from '../verdict.js'

type Say = Extract<FromThread, { type: 'say' }>
const levels: Readonly<Record<Severity, 'debug' | 'info' | 'warn' | 'error'>> = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warning: 'warn',
  error: 'error',
  safety: 'error',
}

/** Of lines that cannot be written now. */
const waitingBytesMax = 1 << 20

export interface LogOptions {
  readonly boot: Pick<Boot, 'node' | 'name' | 'incarnation'>
  readonly now: () => Instant
  /** A file to append to, or a descriptor. */
  readonly to: string | number
  readonly level: string
}
export interface Log {
  /** Writes it down and gives it its id. */
  said(say: Omit<Say, 'type'>): Said
  /** For trouble of the process itself, which no verdict describes. */
  note(level: 'info' | 'error', text: string): void
}

export function openLog(o: LogOptions): Log {
  const to = pino.destination({ dest: o.to, sync: true, mkdir: true, maxLength: waitingBytesMax })
  to.on('error', () => undefined) // a full disk: lines wait, beyond the limit new ones are lost; kyhad goes on
  const out = pino({ level: o.level, base: { node: o.boot.name }, timestamp: pino.stdTimeFunctions.isoTime }, to)
  let seq = 0
  return {
    said({ path, verdict, at }) {
      const { boot, counter } = o.boot.incarnation
      const id = at ? `${at.index}.${at.n}` : `${o.boot.node}:${boot}:${counter}.${++seq}`
      const { do: what, key, args, severity } = verdict
      out[levels[severity]]({ id, actor: path, do: what, key, args, severity }, render('en', key, args))
      return { type: 'said', id, at: new Date().toISOString(), atMs: o.now(), node: o.boot.node, path, verdict }
    },
    note: (level, text) => out[level](text),
  }
}
