/** What the console's thread opens for joining: the desk where new nodes are taken in, this node's wait for its votes, its leave. */
import { basename, dirname } from 'node:path'
import type { ServiceContext } from '../../runtime/host/service.js'
import { clusterId } from '../../runtime/ids.js'
import type { Changes } from '../api/changes.js'
import type { Model } from '../api/model.js'
import { clusterOf } from './cluster.js'
import { Desk } from './desk.js'
import { caKeyFile } from './layout.js'
import { Leave } from './leave.js'
import { openPromotion } from './promote.js'

export function openJoinRoom(
  context: Pick<ServiceContext, 'boot' | 'node' | 'say' | 'send' | 'leave'>,
  model: Model,
  changes: Changes,
  cluster: { readonly id: string; readonly name: string },
): { readonly desk: Desk; readonly leave: Leave; told(): void; close(): void } {
  const { boot, node, say } = context
  const members = clusterOf(model, changes)
  const tlsDir = dirname(node.keyFile)
  const dir = basename(tlsDir) === 'tls' ? dirname(tlsDir) : tlsDir
  const desk = new Desk({
    cluster: { id: clusterId(cluster.id), name: cluster.name },
    self: { node: boot.node, name: boot.name },
    links: node.links,
    files: { ...node.tls, clusterKey: node.keyFile, caKey: caKeyFile(dir) },
    members,
    nowMs: () => Date.now(),
    say,
  })
  const self = { node: boot.node, name: boot.name, boot: boot.incarnation.boot }
  const stopPromotion = openPromotion({ self, stateDir: node.stateDir, cluster: members, say })
  const leave = new Leave({
    self,
    model,
    send: (to, msg, cls) => context.send(to, msg, cls),
    end: () => context.leave('stop'),
  })
  return {
    desk,
    leave,
    /** The guard was told to end. Where the node may not leave, it ends all the same: its services run on, and the next guard finds them. */
    told() {
      const no = model.state ? leave.begin() : undefined
      if (!no) return
      say(no.because)
      context.leave('stop')
    },
    close() {
      leave.close()
      stopPromotion()
      desk.close()
    },
  }
}
