/** The OpenAPI document: valid as 3.1 says, every route of the app and no other, and live answers hold what it promises. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { buildApp } from '../../console/api/app.js'
import type { Api } from '../../console/api/context.js'
import { becomes } from './client.js'
import { ApiNode, World } from './node.js'

// biome-ignore lint/suspicious/noExplicitAny: a document of any shape is what is judged here
type Any = any
const t = suite<{ node: ApiNode; doc: Any }>('api document')
t.before(async (c) => {
  c.node = await new ApiNode(new World(), 'n1', { lab: {} }).start()
  await becomes(async () => (await c.node.call('/status')).json.resources?.length === 2)
  c.doc = (await c.node.tcp('/openapi.json')).json
})
t.after((c) => c.node.end())

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']
const types = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']

const resolve = (doc: Any, at: string): Any =>
  at
    .slice(2)
    .split('/')
    .reduce((o: Any, key) => o?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], doc)

/** What 3.1 demands of the parts that we use; each flaw as `where: what`. */
function flaws(doc: Any): string[] {
  const out: string[] = []
  const bad = (ok: unknown, where: string, what: string): void => void (ok || out.push(`${where}: ${what}`))
  const schema = (s: Any, where: string): void => {
    if (typeof s === 'boolean') return
    bad(s && typeof s === 'object' && !Array.isArray(s), where, 'a schema is an object')
    if (s?.$ref !== undefined) return bad(resolve(doc, s.$ref) !== undefined, where, `nothing at ${s.$ref}`)
    for (const type of [s?.type].flat().filter((x) => x !== undefined)) bad(types.includes(type), where, `no type ${type}`)
    bad(s?.nullable === undefined, where, 'nullable is 3.0')
    for (const [k, sub] of Object.entries(s?.properties ?? {})) schema(sub, `${where}.${k}`)
    for (const sub of [s?.items, ...(s?.allOf ?? []), ...(s?.anyOf ?? []), ...(s?.oneOf ?? [])].filter((x) => x !== undefined))
      schema(sub, where)
    bad(
      s?.required === undefined || (Array.isArray(s.required) && new Set(s.required).size === s.required.length),
      where,
      'required is a set',
    )
  }
  const content = (c: Any, where: string): void => {
    bad(Object.keys(c ?? {}).length > 0, where, 'content is empty')
    for (const [type, media] of Object.entries<Any>(c ?? {})) {
      bad(/^[\w-]+\/[\w.+-]+$/.test(type), where, `no media type ${type}`)
      if (media.schema !== undefined) schema(media.schema, where)
    }
  }
  bad(/^3\.1\.\d+$/.test(doc.openapi), 'openapi', 'is not 3.1')
  bad(doc.info?.title && doc.info?.version, 'info', 'title and version')
  for (const [name, s] of Object.entries(doc.components?.schemas ?? {})) {
    bad(/^[\w.-]+$/.test(name), name, 'a name')
    schema(s, name)
  }
  const seen = new Set<string>()
  for (const [path, item] of Object.entries<Any>(doc.paths)) {
    bad(path.startsWith('/') && !path.includes(':'), path, 'a path begins with / and has {names}')
    for (const [method, op] of Object.entries<Any>(item)) {
      const where = `${method} ${path}`
      bad(methods.includes(method), where, 'no method')
      bad(op.operationId && !seen.has(op.operationId), where, `operationId ${op.operationId} is unique`)
      seen.add(op.operationId)
      bad(typeof op.summary === 'string' && op.summary.length > 3, where, 'says what it is')
      const parameters: Any[] = op.parameters ?? []
      bad(new Set(parameters.map((p) => `${p.in} ${p.name}`)).size === parameters.length, where, 'parameters are unique')
      for (const p of parameters) {
        bad(['path', 'query', 'header', 'cookie'].includes(p.in) && p.name && p.schema, where, `parameter ${p.name}`)
        if (p.in === 'path') bad(p.required === true && path.includes(`{${p.name}}`), where, `path parameter ${p.name}`)
        schema(p.schema, `${where} ${p.name}`)
      }
      for (const [, name] of path.matchAll(/\{(\w+)\}/g))
        bad(
          parameters.some((p) => p.in === 'path' && p.name === name),
          where,
          `{${name}} is not described`,
        )
      if (op.requestBody) content(op.requestBody.content, `${where} body`)
      bad(!op.requestBody || ['put', 'post', 'patch'].includes(method), where, 'has no body')
      bad(Object.keys(op.responses ?? {}).length > 0, where, 'has responses')
      for (const [status, r] of Object.entries<Any>(op.responses ?? {})) {
        bad(/^([1-5]\d\d|default)$/.test(status) && r.description, `${where} ${status}`, 'a status and a description')
        if (r.content) content(r.content, `${where} ${status}`)
      }
    }
  }
  return out
}

t('it is valid OpenAPI 3.1', ({ doc }) => assert.equal(flaws(doc), []))

t('the check finds what is wrong', ({ doc }) => {
  const broken = structuredClone(doc)
  broken.paths['/api/v1/nodes/{name}'].get.parameters = []
  broken.paths['/api/v1/status'].get.responses = {}
  broken.components.schemas.View.properties.node = { type: 'text' }
  broken.paths['/x:y'] = { get: { operationId: 'x', summary: 'none', responses: { 200: { description: '', content: {} } } } }
  assert.ok(flaws(broken).length >= 5, flaws(broken).join('\n'))
})

t('it lists every route of the app, and nothing else', ({ doc }) => {
  const app = buildApp({ self: { probe: null, consoles: [] }, model: {} } as unknown as Api, { on: () => () => undefined }, new Map())
  const of = (method: string, path: string): string => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`
  const own = [...new Set(app.routes.filter((r) => r.method !== 'ALL' && !r.path.includes('*')).map((r) => of(r.method, r.path)))].sort()
  const listed = Object.entries<Any>(doc.paths).flatMap(([path, item]) => Object.keys(item).map((m) => `${m} ${path}`))
  assert.equal(listed.sort(), own)
  assert.ok(own.length > 40)
})

t('live answers hold what the document promises, errors too', async ({ node, doc }) => {
  let checked = 0
  for (const [path, item] of Object.entries<Any>(doc.paths)) {
    const op = item.get
    const schema = op?.responses[200]?.content?.['application/json']?.schema
    if (!schema?.allOf) continue
    const at = path.replace('/api/v1', '').replace('{name}', path.includes('resources') ? 'web' : 'n1')
    const needsPath = op.parameters?.some((p: Any) => p.name === 'path')
    const { status, json } = await node.call(needsPath ? `${at}?path=log` : at)
    assert.is(status, 200, at)
    for (const part of schema.allOf.map((s: Any) => (s.$ref ? resolve(doc, s.$ref) : s))) {
      for (const name of part.required) assert.ok(name in json, `${at}: no ${name}`)
      for (const [name, s] of Object.entries<Any>(part.properties)) {
        if (s.const !== undefined) assert.is(json[name], s.const, `${at}: ${name}`)
        const is =
          json[name] === null ? 'null' : Array.isArray(json[name]) ? 'array' : Number.isInteger(json[name]) ? 'integer' : typeof json[name]
        if (s.type) assert.ok([s.type].flat().includes(is), `${at}: ${name} is ${is}`)
      }
    }
    checked++
  }
  assert.ok(checked >= 15, `${checked} were checked`)
  const { json } = await node.tcp('/nodes/n9')
  for (const name of doc.components.schemas.Error.required) assert.ok(name in json, name)
})

t('a change holds what the document promises, dryRun or not', async ({ node, doc }) => {
  const schema = doc.paths['/api/v1/nodes/{name}/standby'].post.responses[200].content['application/json'].schema
  for (const q of ['?dryRun', '']) {
    const { json } = await node.tcp(`/nodes/n2/standby${q}`, { method: 'POST' })
    for (const part of schema.allOf.map((s: Any) => (s.$ref ? resolve(doc, s.$ref) : s)))
      for (const name of part.required) assert.ok(name in json, name)
  }
})

t.run()
