/** How this cluster stands with its witness: what the configuration names, what the log uses, and what the device said last to this node. Pure. */
import type { Instant } from '../../runtime/actor.js'
import { DISKS } from '../../runtime/config/defaults.js'
import type { Model } from './model.js'
import { sentenceOr } from './sentences.js'
import type { WitnessView } from './views.js'

export function witnessView(model: Model, now: Instant): WitnessView | null {
  const { state } = model
  const name = state?.config.quorum?.witness
  if (!state || name === undefined) return null
  const inUse = state.witness === name
  if (name === DISKS) {
    const because = sentenceOr(model.disk?.because)
    return { name, kind: 'disks', inUse, connected: false, answeredAgoMs: null, record: null, because }
  }
  const heard = model.witness?.said.name === name ? model.witness : undefined
  const { answeredAgoMs, record } = heard?.said ?? {}
  const owner = state.members.find((m) => m.node === record?.owner)?.name ?? record?.owner ?? null
  return {
    name,
    kind: 'device',
    inUse,
    connected: heard?.said.connected ?? false,
    answeredAgoMs: heard && answeredAgoMs !== undefined ? answeredAgoMs + (now - heard.atMs) : null,
    record: record ? { epoch: record.epoch, owner } : null,
    because: sentenceOr(heard?.said.because),
  }
}
