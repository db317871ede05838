/** What `fence_kyha_ipmi` says of itself, in English and Chinese. */
import { ACTION, describe, type Row, timing } from '../metadata.js'

const PARAMETERS: readonly Row[] = [
  ['ip', 'string', undefined, true, 'Address or host name of the BMC', 'BMC 的地址或主机名'],
  ['ipport', 'integer', '623', false, 'UDP port of the BMC', 'BMC 的 UDP 端口'],
  ['username', 'string', '', false, 'User of the BMC, at most 16 bytes', 'BMC 用户名，最多 16 字节'],
  ['password', 'string', '', false, 'Its password, at most 20 bytes', '用户密码，最多 20 字节'],
  [
    'hexadecimal_kg',
    'string',
    undefined,
    false,
    'K_G key of the BMC in hexadecimal digits, if it has one',
    'BMC 的 K_G 密钥（十六进制），如已设置',
  ],
  [
    'cipher',
    'integer',
    undefined,
    false,
    'Cipher suite, 17 or 3; without it 17 is tried, then 3',
    '加密套件 17 或 3；未指定时先尝试 17，再尝试 3',
  ],
  ['lanplus', 'boolean', '1', false, 'IPMI 2.0 (RMCP+); nothing else is spoken', '使用 IPMI 2.0（RMCP+）；不支持其他协议'],
  ['privlvl', 'string', 'administrator', false, 'Privilege level: operator is enough', '权限级别：operator 即可'],
  ['plug', 'string', undefined, false, 'Not used: a BMC switches one machine', '不使用：一个 BMC 只控制一台机器'],
]

export const metadata = (): string =>
  describe({
    name: 'fence_kyha_ipmi',
    short: ["kyha's own fence agent for IPMI 2.0", 'kyha 自带的 IPMI 2.0 隔离代理'],
    long: [
      'Switches a machine through its BMC (IPMI 2.0, RMCP+) without a helper program. Off is confirmed by the chassis status only; a time-out is a failure.',
      '通过机器的 BMC（IPMI 2.0，RMCP+）控制电源，无需其他程序。关电仅以机箱状态为准；超时视为失败。',
    ],
    parameters: [ACTION, ...PARAMETERS, ...timing(5, 3)],
  })
