/** The API's errors: one table of code, HTTP status, and what happened / what to do in both languages. */
import type { Context } from 'hono'
import { type Lang, render } from '../../runtime/text/index.js'
import { fill } from '../../runtime/text/render.js'
import type { Verdict } from '../../runtime/verdict.js'
import type { Refused } from './changes.js'
import type { ErrorView } from './views.js'

/** Of a request; a configuration of a thousand resources fits. */
export const bodyBytesMax = 1 << 20

/** One problem: what a decision says, in the language that is asked for, or a sentence. */
export type Problem = string | Pick<Verdict, 'key' | 'args'>
export const problemText = (lang: Lang, p: Problem): string => (typeof p === 'string' ? p : render(lang, p.key, p.args))

interface Kind {
  readonly status: 400 | 403 | 404 | 409 | 412 | 413 | 415 | 500 | 503 | 504
  readonly en: string
  readonly zh: string
  readonly todoEn: string
  readonly todoZh: string
}

export const errorKinds: Readonly<Record<string, Kind>> = {
  invalid: {
    status: 400,
    en: 'The request is not valid.',
    zh: '请求无效。',
    todoEn: 'Correct what `problems` lists and send it again.',
    todoZh: '按 problems 所列更正后重新发送。',
  },
  'not-found': {
    status: 404,
    en: 'There is no {what} named {name}.',
    zh: '没有名为 {name} 的{what}。',
    todoEn: 'Known: {known}.',
    todoZh: '已有：{known}。',
  },
  'no-route': {
    status: 404,
    en: 'There is nothing at {name}.',
    zh: '{name} 处没有内容。',
    todoEn: 'GET /api/v1/openapi.json lists all paths.',
    todoZh: 'GET /api/v1/openapi.json 列出全部路径。',
  },
  'stale-revision': {
    status: 412,
    en: 'The configuration changed meanwhile: it is at revision {revision}.',
    zh: '配置已被他人修改：当前修订号为 {revision}。',
    todoEn: 'Read it again, redo the change and send it with the new revision.',
    todoZh: '重新读取配置，在新修订号上重做修改。',
  },
  'no-quorum': {
    status: 503,
    en: 'This side has no quorum, so nothing can be changed here.',
    zh: '本侧没有法定票数，因此不能在此修改。',
    todoEn: 'Restore the missing nodes or links, or use a node of the quorate side.',
    todoZh: '恢复缺失的节点或链路，或在有法定票数的一侧操作。',
  },
  'no-leader': {
    status: 503,
    en: 'No leader at the moment.',
    zh: '当前没有领导节点。',
    todoEn: 'Try again in a second.',
    todoZh: '请一秒后重试。',
  },
  starting: {
    status: 503,
    en: 'This node is still starting.',
    zh: '本节点仍在启动。',
    todoEn: 'Try again in a second.',
    todoZh: '请一秒后重试。',
  },
  'unknown-outcome': {
    status: 504,
    en: 'The answer was lost: the change may or may not have been made.',
    zh: '应答丢失：修改可能已生效，也可能未生效。',
    todoEn: 'Send it again with Idempotency-Key {operation}: it is made once at most.',
    todoZh: '用 Idempotency-Key {operation} 重发：最多生效一次。',
  },
  busy: {
    status: 503,
    en: 'Too many changes wait for an answer on this node; this one was not sent.',
    zh: '本节点上等待应答的修改过多；本次修改未发送。',
    todoEn: 'Try again in a second.',
    todoZh: '请一秒后重试。',
  },
  'too-many-readers': {
    status: 503,
    en: 'This node serves {limit} readers of its event stream already.',
    zh: '本节点的事件流已有 {limit} 个读者。',
    todoEn: 'Use another node, or close a page that nobody looks at.',
    todoZh: '请使用其他节点，或关闭无人查看的页面。',
  },
  'no-inside': {
    status: 503,
    en: 'The runtime did not say: {why}.',
    zh: '运行时未应答：{why}。',
    todoEn: 'Try again in a second.',
    todoZh: '请一秒后重试。',
  },
  'no-plan': {
    status: 503,
    en: 'The planner did not answer in time.',
    zh: '规划器未及时应答。',
    todoEn: 'Try again in a second.',
    todoZh: '请一秒后重试。',
  },
  'key-reused': {
    status: 409,
    en: 'Idempotency-Key {key} was used for another change already; this one was not made.',
    zh: 'Idempotency-Key {key} 已用于另一项修改；本次修改未执行。',
    todoEn: 'Send it with a key of its own.',
    todoZh: '请为本次修改使用新的键。',
  },
  foreign: {
    status: 403,
    en: 'The request’s Host or Origin is not this console.',
    zh: '请求的 Host 或 Origin 不是本控制台。',
    todoEn: 'Open the console at the address that kyha printed.',
    todoZh: '请打开 kyha 给出的控制台地址。',
  },
  unsafe: { status: 409, en: '{why}', zh: '{why}', todoEn: '{todo}', todoZh: '{todo}' },
  exists: { status: 409, en: '{why}', zh: '{why}', todoEn: '{todo}', todoZh: '{todo}' },
  'too-large': {
    status: 413,
    en: 'The body is larger than {limit} bytes.',
    zh: '请求体超过 {limit} 字节。',
    todoEn: 'Send less.',
    todoZh: '请减小请求体。',
  },
  'local-only': {
    status: 403,
    en: 'This is answered on the node’s unix socket only.',
    zh: '此接口仅在本机 unix 套接字上提供。',
    todoEn: 'Use kyha-shell on the node itself.',
    todoZh: '请在该节点上使用 kyha-shell。',
  },
  internal: {
    status: 500,
    en: 'kyha failed to answer: {why}',
    zh: 'kyha 未能应答：{why}',
    todoEn: 'See the node’s log; please report it.',
    todoZh: '请查看节点日志并反馈。',
  },
}

/** What `{what}` may be, in Chinese. */
const nouns: Readonly<Record<string, string>> = {
  node: '节点',
  resource: '资源',
  actor: ' actor ',
  supervisor: '监督者',
  'move or ban': '迁移或禁止',
}

export function errorView(
  code: string,
  args: Readonly<Record<string, string | number>> = {},
  more: { problems?: readonly Problem[]; operation?: string } = {},
  lang: Lang = 'en',
): ErrorView {
  const kind = errorKinds[code] ?? (errorKinds['invalid'] as Kind)
  const zh = { ...args, ...(typeof args['what'] === 'string' ? { what: nouns[args['what']] ?? args['what'] } : {}) }
  return {
    apiVersion: 'kyha/v1',
    kind: 'Error',
    code,
    message: { en: fill(kind.en, args), zh: fill(kind.zh, zh) },
    todo: { en: fill(kind.todoEn, args), zh: fill(kind.todoZh, zh) },
    problems: (more.problems ?? []).map((p) => problemText(lang, p)),
    ...(more.operation ? { operation: more.operation } : {}),
  }
}

/** The reader's language, for sentences that an answer gives in one. */
const langOf = (c: Context): Lang => (/^zh/i.test(c.req.header('accept-language') ?? '') ? 'zh' : 'en')

export function fail(
  c: Context,
  code: string,
  args: Readonly<Record<string, string | number>> = {},
  more: { problems?: readonly Problem[]; operation?: string } = {},
): Response {
  const status = (errorKinds[code] ?? (errorKinds['invalid'] as Kind)).status
  if (status === 503) c.header('Retry-After', '1')
  return c.json(errorView(code, args, more, langOf(c)), status)
}
export const failRefused = (c: Context, r: Refused): Response =>
  fail(c, r.code, r.args, { ...(r.problems ? { problems: r.problems } : {}), ...(r.operation ? { operation: r.operation } : {}) })
