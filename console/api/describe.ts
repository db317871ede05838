/**
 * How routes are described for OpenAPI 3.1: what an answer holds (its kind and fields; their shapes stand in views.ts), and the errors that
 * every route of its sort may give. The tests hold live answers to this.
 */
import { describeRoute } from 'hono-openapi'

type Route = ReturnType<typeof describeRoute>
type Options = Parameters<typeof describeRoute>[0]
type Schema = Record<string, unknown>
/** Field -> its JSON type. */
export type Fields = Readonly<Record<string, 'string' | 'integer' | 'boolean' | 'object' | 'array' | 'string?' | 'integer?'>>

const text = { type: 'string' }
const bothLanguages = { type: 'object', required: ['en', 'zh'], properties: { en: text, zh: text } }
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
const body = (schema: Schema): Schema => ({ content: { 'application/json': { schema } } })
const error = (description: string, more: Schema = {}): Schema => ({ description, ...body(ref('Error')), ...more })
const again = { headers: { 'Retry-After': { description: 'seconds', schema: { type: 'integer' } } } }

export const components = {
  schemas: {
    Error: {
      type: 'object',
      required: ['apiVersion', 'kind', 'code', 'message', 'todo', 'problems'],
      properties: {
        apiVersion: { const: 'kyha/v1' },
        kind: { const: 'Error' },
        code: { type: 'string', description: 'a stable word, e.g. no-quorum' },
        message: { ...bothLanguages, description: 'what happened, one sentence' },
        todo: { ...bothLanguages, description: 'what to do' },
        problems: { type: 'array', items: text, description: 'for invalid input: a sentence for each problem' },
        operation: { type: 'string', description: 'for unknown-outcome: the Idempotency-Key to ask again with' },
      },
    },
    View: {
      type: 'object',
      description: 'on every answer: whose view this is and how fresh',
      required: ['apiVersion', 'kind', 'node', 'index', 'ageMs', 'quorate'],
      properties: {
        apiVersion: { const: 'kyha/v1' },
        kind: text,
        node: { type: 'string', description: 'the node that answers' },
        index: { type: 'integer', description: 'log index that this view stands on' },
        ageMs: { type: 'integer', description: 'since this node heard from the leader, ms; -1 = no leader' },
        quorate: { type: 'boolean' },
      },
    },
  },
}

const jsonType = (type: Fields[string]): Schema => ({ type: type.endsWith('?') ? [type.slice(0, -1), 'null'] : type })

/** An answer of `kind` with these fields, all of them always there. */
const view = (kind: string, fields: Fields): Schema => ({
  allOf: [
    ref('View'),
    {
      type: 'object',
      required: Object.keys(fields),
      properties: { kind: { const: kind }, ...Object.fromEntries(Object.entries(fields).map(([k, type]) => [k, jsonType(type)])) },
    },
  ],
})

const route = (summary: string, responses: Schema, more: Schema = {}): Route => describeRoute({ summary, responses, ...more } as Options)

const common = {
  400: error('the request is not valid; problems says what'),
  403: error('Host or Origin is not this console, or the unix socket only'),
  404: error('there is no such thing; todo names what there is'),
  503: error('this node is still starting, or has no quorum or leader', again),
}

/** A read from memory. `more`: e.g. parameters. */
export const reads = (summary: string, kind: string, fields: Fields, more: Schema = {}): Route =>
  route(summary, { 200: { description: 'as of this node’s view', ...body(view(kind, fields)) }, ...common }, more)

export const changeFields: Fields = {
  done: 'boolean',
  applied: 'integer?',
  operation: 'string',
  diff: 'array',
  actions: 'array',
  interruption: 'array',
  reloads: 'array',
  warnings: 'array',
}
const guards = [
  { name: 'dryRun', in: 'query', schema: { type: 'boolean' }, description: 'only show what would happen' },
  { name: 'If-Match', in: 'header', schema: text, description: 'revision that the change is based on' },
  { name: 'Idempotency-Key', in: 'header', schema: text, description: 'makes asking again safe: 8 to 100 of A-Z a-z 0-9 : . _ -' },
]

/** A change: previewed, guarded, asked again. */
export const changes = (summary: string, more: Schema = {}): Route =>
  route(
    summary,
    {
      200: { description: 'done, or with dryRun what would be done', ...body(view('Change', changeFields)) },
      ...common,
      409: error('a rule forbids it, or the key was used for another change'),
      412: error('stale revision'),
      413: error('the body is too large'),
      504: error('the answer was lost: ask again with the operation as Idempotency-Key'),
    },
    { parameters: guards, ...more },
  )

/** Something that only the unix socket may ask. */
export const locals = (summary: string, kind: string, fields: Fields, more: Schema = {}): Route =>
  route(
    `${summary} (unix socket only)`,
    { 200: { description: 'done', ...body(view(kind, fields)) }, ...common, 409: error('a rule forbids it') },
    more,
  )

/** An answer that is no view: plain text, a stream, a file. */
export const plainly = (summary: string, responses: Readonly<Record<number, string>>, type = 'text/plain'): Route =>
  route(
    summary,
    Object.fromEntries(
      Object.entries(responses).map(([status, description]) => [status, { description, content: { [type]: { schema: text } } }]),
    ),
  )

export const query = (name: string, description: string, required = false): Schema => ({
  name,
  in: 'query',
  required,
  schema: text,
  description,
})
