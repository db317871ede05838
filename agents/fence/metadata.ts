/** What `fence_kyha_ipmi` says of itself (Fence Agent API), in English and Chinese. Loaded only when it is asked for. */
type Row = readonly [
  name: string,
  type: 'string' | 'integer' | 'second' | 'boolean',
  preset: string | undefined,
  required: boolean,
  en: string,
  zh: string,
]

const PARAMETERS: readonly Row[] = [
  ['action', 'string', 'reboot', true, 'Fencing action', '隔离操作'],
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
  ['method', 'string', 'onoff', false, 'How to reboot: off, confirmed, then on', '重启方式：先关电并确认，再开电'],
  ['login_timeout', 'second', '5', false, 'Seconds for the set-up of the session', '建立会话的时限（秒）'],
  ['shell_timeout', 'second', '3', false, 'Seconds for the answer to one question', '单个请求的应答时限（秒）'],
  ['power_timeout', 'second', '20', false, 'Seconds until the power has to be as ordered', '电源达到目标状态的时限（秒）'],
  ['power_wait', 'second', '0', false, 'Seconds to wait after the power is as ordered', '电源达到目标状态后再等待的秒数'],
  ['delay', 'second', '0', false, 'Seconds to wait before off and reboot', '关电与重启前等待的秒数'],
  ['retry_on', 'integer', '1', false, 'How often "on" is tried', '开电的尝试次数'],
  ['plug', 'string', undefined, false, 'Not used: a BMC switches one machine', '不使用：一个 BMC 只控制一台机器'],
]
const PLAIN = ['off', 'reboot', 'status', 'monitor', 'list', 'list-status', 'metadata', 'validate-all']

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
const both = (tag: string, en: string, zh: string): string =>
  `<${tag} lang="en">${escaped(en)}</${tag}>\n<${tag} lang="zh">${escaped(zh)}</${tag}>`

function parameter([name, type, preset, required, en, zh]: Row): string {
  const getopt = name === 'action' ? '<getopt mixed="-o, --action=[action]"/>\n' : ''
  return `<parameter name="${name}" unique="0" required="${required ? 1 : 0}">
${getopt}<content type="${type}"${preset === undefined ? '' : ` default="${escaped(preset)}"`}/>
${both('shortdesc', en, zh)}
</parameter>`
}

export const metadata = (): string => `<?xml version="1.0"?>
<resource-agent name="fence_kyha_ipmi" version="1.0">
${both('shortdesc', "kyha's own fence agent for IPMI 2.0", 'kyha 自带的 IPMI 2.0 隔离代理')}
${both(
  'longdesc',
  'Switches a machine through its BMC (IPMI 2.0, RMCP+) without a helper program. Off is confirmed by the chassis status only; a time-out is a failure.',
  '通过机器的 BMC（IPMI 2.0，RMCP+）控制电源，无需其他程序。关电仅以机箱状态为准；超时视为失败。',
)}
<parameters>
${PARAMETERS.map(parameter).join('\n')}
</parameters>
<actions>
<action name="on" automatic="0"/>
${PLAIN.map((name) => `<action name="${name}"/>`).join('\n')}
</actions>
</resource-agent>
`
