/** What `fence_kyha_https` says of itself, in English and Chinese. */
import { ACTION, CERTIFICATES, describe, type Row, timing } from '../metadata.js'

const METHODS = 'GET, POST, PUT, PATCH, DELETE'
const PARAMETERS: readonly Row[] = [
  ['off_url', 'string', undefined, true, 'URL that orders off; {plug} in path or query', '关电请求的 URL；路径或查询中可用 {plug}'],
  ['off_method', 'string', 'POST', false, `Method of it: ${METHODS}`, `关电请求的方法：${METHODS}`],
  [
    'off_body',
    'string',
    undefined,
    false,
    'Body of it; "{plug}", or "{plug:number}" for a number',
    '关电请求的正文；"{plug}"，数字用 "{plug:number}"',
  ],
  ['on_url', 'string', undefined, true, 'URL that orders on', '开电请求的 URL'],
  ['on_method', 'string', 'POST', false, 'Method of it', '开电请求的方法'],
  ['on_body', 'string', undefined, false, 'Body of it', '开电请求的正文'],
  ['status_url', 'string', undefined, true, 'URL that says the state', '查询状态的 URL'],
  ['status_method', 'string', 'GET', false, 'Method of it', '状态请求的方法'],
  ['status_body', 'string', undefined, false, 'Body of it', '状态请求的正文'],
  [
    'state_path',
    'string',
    undefined,
    false,
    'JSON Pointer to the state; without it the whole answer is the state',
    '状态字段的 JSON Pointer；未指定时整个应答即为状态',
  ],
  ['on_values', 'string', undefined, true, 'States that count as on, with commas in between', '视为开电的状态值，以逗号分隔'],
  [
    'off_values',
    'string',
    undefined,
    true,
    'States that count as off; all others never do',
    '视为关电的状态值，以逗号分隔；其他值一律不算',
  ],
  ['content_type', 'string', 'application/json', false, 'Media type of the bodies', '请求正文的媒体类型'],
  ['headers', 'string', undefined, false, 'Further headers as a JSON object', '附加请求头（JSON 对象）'],
  ['auth', 'string', 'none', false, 'none, basic, bearer or header', '认证方式：none、basic、bearer 或 header'],
  ['username', 'string', undefined, false, 'User, for basic', '用户名（basic）'],
  ['password', 'string', undefined, false, 'Password, for basic', '密码（basic）'],
  ['token', 'string', undefined, false, 'Token, for bearer and header', '令牌（bearer 与 header）'],
  ['auth_header', 'string', undefined, false, 'Name of the header with the token, for header', '携带令牌的请求头名称（header）'],
  ['plug', 'string', undefined, false, 'Which machine or outlet, as the service calls it', '目标机器或插座在该服务中的名称'],
  ...CERTIFICATES,
]

export const metadata = (): string =>
  describe({
    name: 'fence_kyha_https',
    short: ['Fence agent for anything that is switched over HTTPS', '通过 HTTPS 接口控制电源的通用隔离代理'],
    long: [
      'Switches a machine or outlet through the HTTPS API of a hypervisor manager, a cloud or a power strip; the parameters say how. Off is confirmed only by a state that off_values names; a time-out is a failure.',
      '通过虚拟化管理平台、云或 IP 电源插座的 HTTPS 接口控制电源，请求由参数描述。关电仅以 off_values 中的状态为准；超时视为失败。',
    ],
    parameters: [ACTION, ...PARAMETERS, ...timing(5, 5)],
  })
