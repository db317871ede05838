/** What kyha's fence agents say of themselves (Fence Agent API), in English and Chinese: the frame, and the parameters that all of them have. */
export type Row = readonly [
  name: string,
  type: 'string' | 'integer' | 'second' | 'boolean',
  preset: string | undefined,
  required: boolean,
  en: string,
  zh: string,
]
export interface Description {
  readonly name: string
  readonly short: readonly [en: string, zh: string]
  readonly long: readonly [en: string, zh: string]
  readonly parameters: readonly Row[]
}
const PLAIN = ['off', 'reboot', 'status', 'monitor', 'list', 'list-status', 'metadata', 'validate-all']

export const ACTION: Row = ['action', 'string', 'reboot', true, 'Fencing action', '隔离操作']
/** Time limits and waits; `login` and `shell` are the agent's own defaults, seconds. */
export const timing = (login: number, shell: number): readonly Row[] => [
  ['method', 'string', 'onoff', false, 'How to reboot: off, confirmed, then on', '重启方式：先关电并确认，再开电'],
  ['login_timeout', 'second', String(login), false, 'Seconds for the set-up of the session', '建立会话的时限（秒）'],
  ['shell_timeout', 'second', String(shell), false, 'Seconds for the answer to one question', '单个请求的应答时限（秒）'],
  ['power_timeout', 'second', '20', false, 'Seconds until the power has to be as ordered', '电源达到目标状态的时限（秒）'],
  ['power_wait', 'second', '0', false, 'Seconds to wait after the power is as ordered', '电源达到目标状态后再等待的秒数'],
  ['delay', 'second', '0', false, 'Seconds to wait before off and reboot', '关电与重启前等待的秒数'],
  ['retry_on', 'integer', '1', false, 'How often "on" is tried', '开电的尝试次数'],
]
/** How the certificate of the other side is checked. */
export const CERTIFICATES: readonly Row[] = [
  ['ssl_insecure', 'boolean', '0', false, 'Take any certificate: whoever is in between can lie', '不校验证书：中间人可以伪造应答'],
  ['ca', 'string', undefined, false, 'PEM file with the certificates to trust', '受信任证书的 PEM 文件'],
  ['ssl_name', 'string', undefined, false, 'Name in the certificate, if it is not the address', '证书中的名称（与地址不同时填写）'],
]

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
const both = (tag: string, [en, zh]: readonly [string, string]): string =>
  `<${tag} lang="en">${escaped(en)}</${tag}>\n<${tag} lang="zh">${escaped(zh)}</${tag}>`

function parameter([name, type, preset, required, en, zh]: Row): string {
  const getopt = name === 'action' ? '<getopt mixed="-o, --action=[action]"/>\n' : ''
  return `<parameter name="${name}" unique="0" required="${required ? 1 : 0}">
${getopt}<content type="${type}"${preset === undefined ? '' : ` default="${escaped(preset)}"`}/>
${both('shortdesc', [en, zh])}
</parameter>`
}

export const describe = (d: Description): string => `<?xml version="1.0"?>
<resource-agent name="${d.name}" version="1.0">
${both('shortdesc', d.short)}
${both('longdesc', d.long)}
<parameters>
${d.parameters.map(parameter).join('\n')}
</parameters>
<actions>
<action name="on" automatic="0"/>
${PLAIN.map((name) => `<action name="${name}"/>`).join('\n')}
</actions>
</resource-agent>
`
