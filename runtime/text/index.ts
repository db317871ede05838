/** All sentences of the product, by area. A key that is missing in one language does not compile. */
import { cib } from './cib.js'
import { cibExport } from './cib-export.js'
import { cibImport } from './cib-import.js'
import { cli } from './cli.js'
import { config } from './config.js'
import { console } from './console.js'
import { coordinator } from './coordinator.js'
import { disk } from './disk.js'
import { engine } from './engine.js'
import { fencer } from './fencer.js'
import { guard } from './guard.js'
import { help } from './help.js'
import { link } from './link.js'
import { log } from './log.js'
import { membership } from './membership.js'
import { plan } from './plan.js'
import { quorum } from './quorum.js'
import { fill, type Lang, type Texts } from './render.js'
import { resource } from './resource.js'
import { runtime } from './runtime.js'
import { secret } from './secret.js'
import { sim } from './sim.js'
import { store } from './store.js'
import { wire } from './wire.js'
import { witness } from './witness.js'
import { words } from './words.js'

export const texts = {
  ...cib,
  ...cibExport,
  ...cibImport,
  ...cli,
  ...config,
  ...console,
  ...coordinator,
  ...disk,
  ...engine,
  ...fencer,
  ...guard,
  ...help,
  ...link,
  ...log,
  ...membership,
  ...plan,
  ...quorum,
  ...resource,
  ...runtime,
  ...secret,
  ...sim,
  ...store,
  ...wire,
  ...witness,
  ...words,
} as const

export type TextKey = keyof typeof texts
export type { Lang }

type Args = Readonly<Record<string, string | number | boolean>>

/** The sentence of `key` in `lang`; an unknown key (from a newer node) shows as itself with its args. */
export function render(lang: Lang, key: string, args: Args = {}): string {
  const text = (texts as Texts)[key]
  return text ? fill(text[lang], plainly(args)) : `${key} ${JSON.stringify(args)}`
}

const LIFE = /^[0-9a-f]{32}$/
/** People compare the first eight digits of a life; whatever a machine reads keeps all of them. */
export const lifeText = (boot: string): string => (LIFE.test(boot) ? boot.slice(0, 8) : boot)
const plainly = (args: Args): Args =>
  Object.fromEntries(Object.entries(args).map(([name, value]) => [name, typeof value === 'string' ? lifeText(value) : value]))
