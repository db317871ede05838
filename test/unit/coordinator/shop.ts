/** A cluster whose shop (an address and a web server in a group) runs on n2, and what happened to it since. */
import * as assert from 'uvu/assert'
import { Lab } from './harness.js'

export const fencing = (names: readonly string[], more = ''): string =>
  `fencing: [{name: pdu, agent: fence_pdu, hosts: {${names.map((n) => `${n}: ${n}`).join(', ')}}${more}}]`
export const three = ['n1', 'n2', 'n3']
export const shop = [
  "resources: [{name: vip, agent: 'kyha:a', meta: {migration-threshold: 3}}, {name: web, agent: 'kyha:b', meta: {migration-threshold: 3}}]",
  'groups: [{name: shop, members: [vip, web]}]',
  'location: [{resource: shop, levels: [n2, n3, n1]}]',
]
export const done = (lab: Lab, mark = 0): string[] => lab.since(mark).filter((e) => !e.startsWith('says'))
export const noViolation = (lab: Lab): void =>
  assert.equal(
    lab.events.filter((e) => e.startsWith('VIOLATION') || e.startsWith('refused')),
    [],
  )

/** A cluster led by n1 that runs the shop on n2. */
export function shopRuns(names: readonly string[] = three, config: readonly string[] = [...shop, fencing(three)]): Lab {
  const lab = new Lab(names, config)
  lab.lead('n1')
  lab.run(3000)
  assert.equal([lab.where('vip'), lab.where('web')], [['n2'], ['n2']])
  return lab
}
