/** The parameters that an operation gets, and the digest by which histories and node attributes remember them. */
import type { Host, Res, World } from '../world.js'
import { md5 } from './md5.js'
import { unpack } from './values.js'

/** The resource's parameters on this node, with what its group and clone lend. */
export function parameters(w: World, res: Res, host: Host): Map<string, string> {
  const values = new Map<string, string>()
  for (let r: Res | undefined = res; r; r = r.parent) unpack(r.params, { nowS: w.scene.nowS, attrs: host.attrs, agent: res.agent }, values)
  return values
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** As the field computes it: one element, names sorted, one leading space and a newline at the end. */
export function digest(values: ReadonlyMap<string, string>): string {
  const sorted = [...values]
    .filter(([k]) => !k.startsWith('CRM_meta_') || k === 'CRM_meta_timeout')
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return md5(` <parameters${sorted.map(([k, v]) => ` ${k}="${escaped(v)}"`).join('')}/>\n`)
}
