/** Small CIBs of our own making for the engine's tests, and the engine's answer to them in words. */
import { type Planned, planScene } from '../../../actors/coordinator/engine/plan.js'
import { digest } from '../../../actors/coordinator/engine/resolve/digest.js'
import { readCib } from '../../../console/cib/read.js'

/** 2027-01-15T08:00:00Z: the clock of every plan here. */
export const NOW = 1_800_000_000
export const DIGEST = digest(new Map())
export const MONITOR_DIGEST = digest(new Map([['CRM_meta_timeout', '20000']]))

export interface Setting {
  readonly options?: string
  readonly resources: string
  readonly constraints?: string
  readonly states?: Readonly<Record<string, State>>
  readonly nodes?: readonly string[]
  readonly nodeAttributes?: Readonly<Record<string, string>> // nvpairs by node
  readonly head?: string // attributes of the cib element
  readonly more?: string // further sections of the configuration
  readonly status?: string // further elements of the status
}
export interface State {
  readonly attributes?: string
  readonly history?: string
  readonly transient?: string // nvpairs
}
export const up = 'in_ccm="true" crmd="online" join="member" expected="member"'
export const lost = 'in_ccm="false" crmd="offline" join="down" expected="member"'
export const off = 'in_ccm="false" crmd="offline" join="down" expected="down"'

/** A CIB of nodes a and b that are up, unless told otherwise. */
export function cib(s: Setting): string {
  const nodes = s.nodes ?? ['a', 'b']
  const state = (n: string): string => {
    const { attributes = up, history = '', transient = '' } = s.states?.[n] ?? {}
    const own =
      transient &&
      `<transient_attributes id="${n}"><instance_attributes id="t-${n}">${transient}</instance_attributes></transient_attributes>`
    return `<node_state id="${n}" uname="${n}" ${attributes}>${own}<lrm id="${n}"><lrm_resources>${history}</lrm_resources></lrm></node_state>`
  }
  const node = (n: string): string => {
    const attributes = s.nodeAttributes?.[n]
    return `<node id="${n}" uname="${n}">${attributes ? `<instance_attributes id="n-${n}">${attributes}</instance_attributes>` : ''}</node>`
  }
  const head = s.head ?? 'have-quorum="1"'
  return `<cib validate-with="pacemaker-3.7" crm_feature_set="3.19.0" epoch="1" num_updates="0" admin_epoch="0" dc-uuid="a" ${head}><configuration>
    <crm_config><cluster_property_set id="o">${s.options ?? option('stonith-enabled', 'false')}</cluster_property_set></crm_config>
    <nodes>${nodes.map(node).join('')}</nodes>
    <resources>${s.resources}</resources><constraints>${s.constraints ?? ''}</constraints>${s.more ?? ''}</configuration>
    <status>${nodes.map(state).join('')}${s.status ?? ''}</status></cib>`
}
export const pair = (name: string, value: string): string => `<nvpair id="p-${name}" name="${name}" value="${value}"/>`
export const option = (name: string, value: string): string => `<nvpair id="o-${name}" name="${name}" value="${value}"/>`
export const unfenced = option('stonith-enabled', 'false')
export const dummy = (id: string, inside = ''): string =>
  `<primitive id="${id}" class="ocf" provider="test" type="Dummy">${inside}</primitive>`
export const meta = (id: string, name: string, value: string): string =>
  `<meta_attributes id="m-${id}-${name}"><nvpair id="m-${id}-${name}-v" name="${name}" value="${value}"/></meta_attributes>`
export const metas = (id: string, values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([k, v]) => meta(id, k, String(v)))
    .join('')
export const monitor = (id: string, more = ''): string =>
  `<operations><op id="op-${id}" name="monitor" interval="10s" ${more}/></operations>`

export interface Ran {
  readonly rc?: number
  readonly expected?: number
  readonly call?: number
  readonly status?: number
  readonly ms?: number
  readonly at?: number // last-rc-change
  readonly more?: string
  readonly digest?: string | undefined
}
/** One remembered operation. */
export function op(id: string, name: string, o: Ran = {}): string {
  const { rc = 0, expected = 0, call = 1, ms = 0 } = o
  const status = o.status ?? (rc === expected ? 0 : 4)
  const sum = 'digest' in o ? o.digest : ms > 0 ? MONITOR_DIGEST : DIGEST
  return `<lrm_rsc_op id="${id}_${name}_${ms}" operation="${name}" interval="${ms}" call-id="${call}" rc-code="${rc}" op-status="${status}"
    ${o.at === undefined ? '' : `last-rc-change="${o.at}"`} ${sum === undefined ? '' : `op-digest="${sum}"`} ${o.more ?? ''}
    transition-key="1:1:${expected}:u" transition-magic="${status}:${rc};1:1:${expected}:u"/>`
}
export const ran = (id: string, ops = op(id, 'start'), agent = 'class="ocf" provider="test" type="Dummy"'): string =>
  `<lrm_resource id="${id}" ${agent}>${ops}</lrm_resource>`
/** It was looked for and is not there. */
export const absent = (id: string): string => ran(id, op(id, 'monitor', { rc: 7, expected: 7 }))

export function planText(xml: string): Planned {
  const read = readCib(xml, NOW)
  if ('refused' in read) throw new Error(read.refused.key)
  return planScene(read.scene)
}
export const plan = (s: Setting): Planned => planText(cib(s))
export const words = (p: Planned): string[] =>
  p.actions.map((a) => `${a.action} ${a.resource ?? a.node} ${a.from ?? '-'}>${a.to ?? '-'}${a.blocked ? ' blocked' : ''}`)
/** Operations that are carried out, in order: `start x a`. */
export const carried = (p: Planned): string[] =>
  p.executed.flatMap((e) => (e.pseudo || e.op === 'monitor' ? [] : [`${e.op} ${e.resource ?? ''} ${e.node ?? ''}`.replace('  ', ' ')]))
