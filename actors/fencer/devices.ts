/** Which devices turn a node off, level by level, and what each is told (Fence Agent API: key=value lines on stdin). */
import type { AgentOp, BootId, Index } from '../../runtime/actor.js'
import type { ConfigDoc, FenceDoc } from '../../runtime/config/document.js'
import { opId, resourceId } from '../../runtime/ids.js'

/** Devices that know the node by name, lowest level first, each level in order of names. */
export function levelsFor(config: ConfigDoc, nodeName: string): readonly (readonly FenceDoc[])[] {
  const devices = config.fencing.filter((d) => nodeName in d.hosts)
  const levels = [...new Set(devices.map((d) => d.level))].sort((a, b) => a - b)
  return levels.map((level) => devices.filter((d) => d.level === level).sort((a, b) => (a.name < b.name ? -1 : 1)))
}

export interface Target {
  readonly nodeName: string
  readonly boot: BootId
  readonly intent: Index
}

/** A line of stdin can hold no line break: such a parameter would be two. */
const line = (key: string, value: string): string => `${key}=${value.replaceAll(/[\r\n]/g, ' ')}\n`

/** One run of a device's agent. The same attempt has the same id, so that the guard runs it once. */
export function runOf(device: FenceDoc, action: 'off' | 'on', target: Target, attempt: number): AgentOp {
  const plug = device.hosts[target.nodeName] || target.nodeName
  const given = Object.entries(device.params).filter(([key]) => !['action', 'nodename', 'plug', 'port'].includes(key))
  const params = given.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => line(key, value))
  return {
    id: opId(`fence.${target.intent}.${target.boot}.${device.name}.${action}.${attempt}`),
    kind: 'fence',
    resource: resourceId(`fence/${device.name}`),
    action,
    argv: [device.agent],
    env: {},
    stdin: [line('action', action), line('nodename', target.nodeName), line('plug', plug), line('port', plug), ...params].join(''),
    changes: false,
    reap: false,
    timeoutMs: device.timeoutMs,
  }
}
