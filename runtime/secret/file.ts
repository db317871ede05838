/**
 * A node's secrets: one file beside its keys, {"version": 1, "secrets": {NAME: {"value": "...", "since": "..."}}}, for its owner alone. Read anew whenever
 * it has changed. A file that others may read or that is not well-formed gives no secret at all, but a sentence.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ConfigDoc } from '../config/document.js'
import { type Args, type Refusal, verdict } from '../verdict.js'

export const secretsMax = 256
export const valueBytesMax = 4096
/** A shorter one would be found in ordinary words of what agents print, and could not be taken out of it. */
export const valueBytesMin = 4
const fileBytesMax = 4 << 20
const NAME = /^[A-Za-z0-9_.-]{1,64}$/
const PREFIX = '@secret:'

export interface Secret {
  readonly value: string
  /** When it was set, ISO 8601. */
  readonly since: string
}
export type Secrets = ReadonlyMap<string, Secret>

export const secretsFileOf = (keyFile: string): string => join(dirname(keyFile), 'secrets.json')
export const isSecretName = (name: string): boolean => NAME.test(name)

/** What stands behind `@secret:`; undefined: the value is none that names a secret. Only whole values do. */
export const referenceOf = (value: string): string | undefined => (value.startsWith(PREFIX) ? value.slice(PREFIX.length) : undefined)

/** Each parameter of a configuration that names a secret. */
export interface Reference {
  readonly of: 'resource' | 'device'
  readonly name: string
  readonly param: string
  readonly secret: string
}
export function references({ resources, fencing }: Pick<ConfigDoc, 'resources' | 'fencing'>): readonly Reference[] {
  const found = (of: Reference['of'], list: readonly { readonly name: string; readonly params: Readonly<Record<string, string>> }[]) =>
    list.flatMap(({ name, params }) =>
      Object.entries(params).flatMap(([param, value]): Reference[] => {
        const secret = referenceOf(value)
        return secret === undefined ? [] : [{ of, name, param, secret }]
      }),
    )
  return [...found('resource', resources), ...found('device', fencing)]
}

const refuse = (refused: string, key: Refusal['because']['key'], args: Args): Refusal => ({
  refused,
  because: verdict('refuse', key, args, 'error'),
})

/** Why `value` cannot be a secret. One line, since fence agents read lines; what was piped in lost its last line break before. */
export function valueProblem(value: string): Refusal | undefined {
  const bytes = Buffer.byteLength(value)
  if (bytes === 0) return refuse('invalid', 'secret.no-value', {})
  if (bytes < valueBytesMin) return refuse('invalid', 'secret.too-short', { bytes, limit: valueBytesMin })
  if (bytes > valueBytesMax) return refuse('invalid', 'secret.too-long', { bytes, limit: valueBytesMax })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point; U+FFFD stands for what was no UTF-8
  return /[\u0000-\u001f\u007f\ufffd]/.test(value) ? refuse('invalid', 'secret.no-line', {}) : undefined
}

/** The text of a file with these secrets, by name. */
export const printSecrets = (secrets: Secrets): string =>
  `${JSON.stringify({ version: 1, secrets: Object.fromEntries([...secrets].sort(([a], [b]) => (a < b ? -1 : 1))) }, null, 1)}\n`

function parse(text: string): Secrets | undefined {
  try {
    const { version, secrets } = JSON.parse(text) as { version?: unknown; secrets?: unknown }
    if (version !== 1 || typeof secrets !== 'object' || secrets === null || Array.isArray(secrets)) return undefined
    const all = new Map(Object.entries(secrets as Record<string, Partial<Secret> | null>))
    const good = [...all].every(
      ([name, s]) => isSecretName(name) && typeof s?.value === 'string' && typeof s.since === 'string' && !valueProblem(s.value),
    )
    return good && all.size <= secretsMax ? (all as Secrets) : undefined
  } catch {
    return undefined // no JSON
  }
}

/** The secrets beside a cluster's key: what an operation is given is what stands there now. A file that is not there holds none. */
export class SecretsFile {
  #stamp = ''
  #last: Secrets | Refusal = new Map()

  readonly path: string

  constructor(readonly keyFile: string) {
    this.path = secretsFileOf(keyFile)
  }

  /** Looks whether the file has changed, which asks no disk, and reads it if so. */
  read(): Secrets | Refusal {
    let fd: number
    try {
      fd = openSync(this.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    } catch (e) {
      const error = (e as NodeJS.ErrnoException).code ?? String(e)
      this.#stamp = ''
      return error === 'ENOENT' ? new Map() : refuse('no-permission', 'secret.unreadable', { file: this.path, error })
    }
    try {
      const { ino, dev, size, mode, uid, mtimeNs, ctimeNs } = fstatSync(fd, { bigint: true })
      const stamp = [ino, dev, size, mode, uid, mtimeNs, ctimeNs].join(' ')
      if (stamp !== this.#stamp) this.#last = this.#readAll(fd)
      this.#stamp = stamp
      return this.#last
    } catch (e) {
      this.#stamp = ''
      return refuse('misconfigured', 'secret.unreadable', { file: this.path, error: (e as NodeJS.ErrnoException).code ?? 'EIO' })
    } finally {
      closeSync(fd)
    }
  }

  #readAll(fd: number): Secrets | Refusal {
    const file = this.path
    const { mode, uid, size } = fstatSync(fd)
    if ((mode & 0o077) !== 0) return refuse('misconfigured', 'secret.open', { file, mode: (mode & 0o777).toString(8) })
    if (uid !== 0 && uid !== process.geteuid?.() && uid !== statSync(this.keyFile).uid)
      return refuse('misconfigured', 'secret.owner', { file, uid })
    const isFile = (mode & constants.S_IFMT) === constants.S_IFREG
    const all = isFile && size <= fileBytesMax ? parse(readFileSync(fd, 'utf8')) : undefined
    return all ?? refuse('misconfigured', 'secret.damaged', { file })
  }
}
