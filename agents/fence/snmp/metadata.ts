/** What `fence_kyha_snmp` says of itself, in English and Chinese. */
import { ACTION, describe, type Row, timing } from '../metadata.js'
import { AUTH, PRIV, TEMPLATES } from './options.js'

const PARAMETERS: readonly Row[] = [
  ['ip', 'string', undefined, true, 'Address or host name of the power switch', '电源分配单元（PDU）的地址或主机名'],
  ['ipport', 'integer', '161', false, 'Its UDP port', '其 UDP 端口'],
  ['plug', 'string', undefined, true, 'Number of the outlet, such as 3', '插座编号，例如 3'],
  [
    'template',
    'string',
    undefined,
    false,
    `Kind of power switch: ${TEMPLATES.join(', ')}; not certified`,
    `PDU 模板：${TEMPLATES.join('、')}；未经认证`,
  ],
  ['unit', 'string', undefined, false, 'Number of the unit in a chain, if the template has one', '级联中的单元编号（模板需要时）'],
  [
    'off_oid',
    'string',
    undefined,
    false,
    'Object identifier that orders off; {plug} and {unit} in it',
    '关电对象标识符（OID），可含 {plug} 与 {unit}',
  ],
  ['off_value', 'integer', undefined, false, 'Value that orders off', '关电时写入的值'],
  ['on_oid', 'string', undefined, false, 'Object identifier that orders on', '开电对象标识符（OID）'],
  ['on_value', 'integer', undefined, false, 'Value that orders on', '开电时写入的值'],
  ['state_oid', 'string', undefined, false, 'Object identifier of the state', '状态对象标识符（OID）'],
  ['on_values', 'string', undefined, false, 'States that count as on, with commas in between', '视为开电的状态值，以逗号分隔'],
  [
    'off_values',
    'string',
    undefined,
    false,
    'States that count as off; all others never do',
    '视为关电的状态值，以逗号分隔；其他值一律不算',
  ],
  [
    'snmp_version',
    'string',
    undefined,
    false,
    '1, 2c or 3; without it 3 if there is a username, else 2c',
    '1、2c 或 3；未指定时有用户名则为 3，否则为 2c',
  ],
  ['community', 'string', undefined, false, 'Community that may write, for 1 and 2c', '具有写权限的团体名（1 与 2c）'],
  ['username', 'string', undefined, false, 'User, for 3', '用户名（3）'],
  ['password', 'string', undefined, false, 'Authentication password, for 3', '认证密码（3）'],
  ['snmp_sec_level', 'string', undefined, false, 'noAuthNoPriv, authNoPriv or authPriv', '安全级别：noAuthNoPriv、authNoPriv 或 authPriv'],
  ['snmp_auth_prot', 'string', 'SHA', false, `Authentication: ${AUTH.join(', ')}`, `认证协议：${AUTH.join('、')}`],
  ['snmp_priv_prot', 'string', 'AES', false, `Encryption: ${PRIV.join(', ')}`, `加密协议：${PRIV.join('、')}`],
  ['snmp_priv_passwd', 'string', undefined, false, 'Encryption password, for 3', '加密密码（3）'],
]

export const metadata = (): string =>
  describe({
    name: 'fence_kyha_snmp',
    short: ["kyha's own fence agent for power switches with SNMP", 'kyha 自带的 SNMP 电源分配单元隔离代理'],
    long: [
      'Switches an outlet of a power switch (PDU) over SNMP 1, 2c or 3. Off is confirmed by the state of the outlet only; a time-out is a failure. A machine with two power supplies needs a device for each, on one level.',
      '通过 SNMP 1、2c 或 3 控制 PDU 插座。关电仅以插座状态为准；超时视为失败。双电源机器需为每路各配置一个设备，并置于同一级别。',
    ],
    parameters: [ACTION, ...PARAMETERS, ...timing(5, 3)],
  })
