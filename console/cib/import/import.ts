/**
 * A Pacemaker CIB as kyha's document: canonical YAML that the document's own checks accept, and a sentence for each thing that could not be carried
 * over. A pure function of the text.
 */
import { parseScore } from '../../../actors/coordinator/engine/score.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { type Verdict, verdict } from '../../../runtime/verdict.js'
import { readTree } from '../read.js'
import { all, type Element, one, parseXml } from '../xml.js'
import { accept } from './accept.js'
import { Constraints } from './constraints.js'
import { emptyDraft, Origins, valuesOf } from './draft.js'
import { fencing } from './fencing.js'
import { Names } from './names.js'
import { type Note, Notes } from './notes.js'
import { colours, fencingOn, nodes, properties, propertiesOf } from './properties.js'
import { Resources } from './resources.js'

export interface Imported {
  readonly doc: ConfigDoc
  readonly yaml: string
  readonly notes: readonly Note[]
}

/** `name`: of the cluster, before the CIB's own. */
export function importCib(text: string, name?: string): Imported | { readonly refused: Verdict } {
  const parsed = parseXml(text)
  if ('refused' in parsed) return parsed
  const { root } = parsed
  if (root.name !== 'cib') return { refused: verdict('refuse', 'cib.not-a-cib', { element: root.name }) }
  const { scene, notes: read } = readTree({ ...root, children: all(root, 'configuration') }, 0)
  const notes = new Notes()
  const p = propertiesOf(notes, scene)
  const draft = emptyDraft(name ?? p.get('cluster-name') ?? 'cluster')
  const origins = new Origins()
  if (name === undefined && !p.has('cluster-name')) notes.note({ element: 'property', id: 'cluster-name' }, 'cib.nameless')
  const resourceDefaults = valuesOf(notes, { element: 'rsc_defaults', id: '' }, scene.resourceDefaults)
  const managed = p.get('is-managed-default')
  if (managed !== undefined && !resourceDefaults.has('is-managed')) resourceDefaults.set('is-managed', managed)
  const stickiness = resourceDefaults.get('resource-stickiness') ?? p.get('default-resource-stickiness')
  const fenced = fencingOn(p)
  properties(draft, notes, p, stickiness)
  nodes(draft, origins, notes, scene)
  const resources = new Resources(draft, origins, notes, {
    scene,
    fencing: fenced,
    stickiness: parseScore(stickiness) ?? 0,
    resourceDefaults,
    operationDefaults: operationDefaults(notes, p, scene),
  })
  resources.read()
  new Constraints(draft, origins, notes, new Names(draft, resources, scene, colours(p))).read(scene.constraints)
  fencing(draft, origins, notes, scene, p, resources.devices)
  others(notes, root)
  for (const v of read) {
    const of = { element: 'cib', id: '' }
    if (v.key === 'cib.duplicate-id') notes.note(of, v.key, v.args)
    else notes.left({ element: String(v.args.element ?? 'id-ref'), id: String(v.args.id ?? '') }, v.key, v.args)
  }
  const accepted = accept(draft, origins, notes)
  return 'refused' in accepted ? accepted : { ...accepted, notes: notes.list }
}

function operationDefaults(
  notes: Notes,
  p: ReadonlyMap<string, string>,
  scene: ReturnType<typeof readTree>['scene'],
): ReadonlyMap<string, string> {
  const of = { element: 'op_defaults', id: '' }
  const values = valuesOf(notes, of, scene.operationDefaults)
  const old = p.get('default-action-timeout')
  if (old !== undefined && !values.has('timeout')) values.set('timeout', old)
  for (const [k, value] of values) if (!/^(?:timeout|on-fail|record-pending)$/.test(k)) notes.partly(of, k, 'cib.operation-word', { value })
  return values
}

/** Sections that have no counterpart: each of their entries by name. */
function others(notes: Notes, root: Element): void {
  const configuration = one(root, 'configuration')
  for (const e of one(configuration, 'acls')?.children ?? []) notes.left({ element: e.name, id: e.at.id ?? '' }, 'cib.acl')
  for (const e of all(one(configuration, 'alerts'), 'alert')) notes.left({ element: 'alert', id: e.at.id ?? '' }, 'cib.alert')
  for (const e of all(one(configuration, 'tags'), 'tag')) notes.left({ element: 'tag', id: e.at.id ?? '' }, 'cib.tag')
}
