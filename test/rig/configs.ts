/** Configurations of the rig: a virtual address and nginx in a group, with stock agents or kyha's own, and the lab's power switch. */
import { join } from 'node:path'
import type { Lab } from './lab.js'

export type Agents = 'stock' | 'kyha'

export function addressAndNginx(
  lab: Lab,
  agents: Agents,
  more: { monitor?: string; threshold?: number; delays?: Readonly<Record<string, string>> } = {},
): string {
  const provider = agents === 'stock' ? 'ocf:heartbeat' : 'kyha'
  const names = lab.members.map((h) => h.name)
  return `apiVersion: kyha/v1
name: rig
properties: {fencing-enabled: true, fencing-action: off, resource-stickiness: 1000000}
resources:
  - name: vip
    agent: ${provider}:IPaddr2
    params: {ip: ${lab.vip}, cidr_netmask: ${lab.family === 4 ? 24 : 64}, nic: eth0}
    ops: {monitor: {interval: 10s, timeout: 20s}, start: {timeout: 20s}, stop: {timeout: 20s}}
  - name: nginx
    agent: ${provider}:nginx
    params: {configfile: /etc/nginx/nginx.conf}
    meta: {migration-threshold: ${more.threshold ?? 3}, failure-timeout: 60s}
    ops: {monitor: {interval: ${more.monitor ?? '10s'}, timeout: 20s}, start: {timeout: 40s}, stop: {timeout: 60s}}
groups:
  - {name: web, members: [vip, nginx]}
location:
  - {resource: web, levels: [${names.join(', ')}]}
fencing:
  - {name: lab, agent: fence_lab, params: {socket_dir: ${join(lab.dir, 'power')}}, hosts: {${names.map((n) => `${n}: ${n}`).join(', ')}}, timeout: 10s}
`
}
