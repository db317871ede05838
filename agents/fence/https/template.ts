/**
 * Where the plug goes into a request: `{plug}` in the path or query of a URL, in strings of a JSON body, in a form; `{plug:number}` as a whole string of a
 * JSON body becomes a number. The plug is data wherever it stands: it cannot end the part that it is put in. Read once, filled in as often as needed.
 */
import { refuse } from '../options.js'

const PLUG = '{plug}'
const NUMBER = '{plug:number}'
const URL_CHARS_MAX = 2048
export const BODY_CHARS_MAX = 16_384

/** One line of text, or nothing. */
export function plugOf(plug: string | undefined): string | undefined {
  if (plug !== undefined && (plug.length > 256 || /[\p{Cc}\p{Cs}]/u.test(plug))) refuse('plug is not a name of at most 256 characters')
  return plug
}

/** Letters of a URL only; a plug that is a step of a path, up or none, is refused. */
function quoted(plug: string): string {
  if (/^\.{1,2}$/.test(plug)) refuse('plug is no name but a step in a path')
  return encodeURIComponent(plug).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

export function urlOf(name: string, template: string, plug: string | undefined): URL {
  if (template.length > URL_CHARS_MAX || /[^!-~]/.test(template))
    refuse(`${name} is not a URL of at most ${URL_CHARS_MAX} plain characters`)
  const place = /^https:\/\/([^/?#]+)([/?].*)?$/i.exec(template) ?? refuse(`${name} is not a URL that begins with https://`)
  const [, host = '', rest = '/'] = place
  if (/[{}]/.test(host)) refuse(`${name} has a placeholder in its host: the plug cannot choose who is asked`)
  if (host.includes('@')) refuse(`${name} holds a user: give username and password instead`)
  if (rest.includes('#')) refuse(`${name} holds a fragment (#), which is never sent`)
  const parts = rest.split(PLUG)
  if (parts.some((part) => /[{}]/.test(part))) refuse(`${name} has a placeholder that is not ${PLUG}`)
  if (parts.length > 1 && plug === undefined) refuse(`${name} has a place for a plug, and none is given`)
  const filled = `https://${host}${parts.join(parts.length > 1 ? quoted(plug ?? '') : '')}`
  if (!URL.canParse(filled)) refuse(`${name} is not a URL`)
  return new URL(filled)
}

export function bodyOf(name: string, template: string, type: string, plug: string | undefined): string {
  if (template.length > BODY_CHARS_MAX) refuse(`${name} has more than ${BODY_CHARS_MAX} characters`)
  const wanted = template.includes(PLUG) || template.includes(NUMBER)
  if (wanted && plug === undefined) refuse(`${name} has a place for a plug, and none is given`)
  if (/^application\/(?:[\w.-]+\+)?json\b/.test(type)) return JSON.stringify(filled(name, parsed(name, template), plug ?? ''))
  if (!wanted) return template
  if (/^application\/x-www-form-urlencoded\b/.test(type)) return template.replaceAll(PLUG, () => quoted(plug ?? ''))
  return refuse(`${name} has a place for a plug, which is possible in JSON and in forms only`)
}
function parsed(name: string, template: string): unknown {
  try {
    return JSON.parse(template)
  } catch {
    return refuse(`${name} is not JSON; "${PLUG}" stands within quotation marks, "${NUMBER}" for a number`)
  }
}
function filled(name: string, value: unknown, plug: string): unknown {
  if (value === NUMBER) return /^(0|[1-9]\d{0,14})$/.test(plug) ? Number(plug) : refuse(`${name} needs a plug that is a number`)
  if (typeof value === 'string') return value.replaceAll(PLUG, () => plug)
  if (Array.isArray(value)) return value.map((v) => filled(name, v, plug))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, filled(name, v, plug)]))
}

/** The steps of a JSON Pointer (RFC 6901), `{plug}` in them filled in. */
export function pointerOf(name: string, text: string, plug: string | undefined): readonly string[] {
  if (!/^\/(?:[^~]|~[01])*$/.test(text) || text.length > 512) refuse(`${name} is not a JSON Pointer, such as /data/state`)
  if (text.includes(PLUG) && plug === undefined) refuse(`${name} has a place for a plug, and none is given`)
  const steps = text.slice(1).split('/')
  return steps.map((s) =>
    s
      .replaceAll('~1', '/')
      .replaceAll('~0', '~')
      .replaceAll(PLUG, () => plug ?? ''),
  )
}
