/** What `fence_kyha_redfish` says of itself, in English and Chinese. */
import { ACTION, CERTIFICATES, describe, type Row, timing } from '../metadata.js'

const PARAMETERS: readonly Row[] = [
  ['ip', 'string', undefined, true, 'Address or host name of the management card', '管理卡的地址或主机名'],
  ['ipport', 'integer', '443', false, 'Its HTTPS port', '管理卡的 HTTPS 端口'],
  ['username', 'string', '', false, 'User of the management card', '管理卡用户名'],
  ['password', 'string', '', false, 'Its password', '用户密码'],
  ['auth', 'string', 'basic', false, 'basic, or session where basic is switched off', '认证方式：basic；若已禁用则用 session'],
  ['redfish_uri', 'string', '/redfish/v1/', false, 'Path of the service root', '服务根路径'],
  [
    'systems_uri',
    'string',
    undefined,
    false,
    'Path of the system; without it the only one, or that of plug',
    '系统路径；未指定时取唯一的系统或 plug 指定的系统',
  ],
  ['plug', 'string', undefined, false, 'Id or path of the system, where there are several', '存在多个系统时，目标系统的 Id 或路径'],
  ['ssl', 'boolean', '1', false, 'HTTPS; nothing else is spoken', '使用 HTTPS；不支持其他协议'],
  ...CERTIFICATES,
]

export const metadata = (): string =>
  describe({
    name: 'fence_kyha_redfish',
    short: ["kyha's own fence agent for Redfish", 'kyha 自带的 Redfish 隔离代理'],
    long: [
      'Switches a machine through its management card (DMTF Redfish over HTTPS). Off is ForceOff, confirmed by the PowerState only; a time-out is a failure.',
      '通过机器的管理卡（基于 HTTPS 的 DMTF Redfish）控制电源。关电使用 ForceOff，仅以 PowerState 为准；超时视为失败。',
    ],
    parameters: [ACTION, ...PARAMETERS, ...timing(10, 5)],
  })
