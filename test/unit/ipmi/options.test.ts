/** What the fence agent is told: names of fence_ipmilan, defaults, and refusals that hold no value of a secret. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseMetadata } from '../../../agents/contract.js'
import { metadata } from '../../../agents/fence/ipmi/metadata.js'
import { type IpmiWish, readWish } from '../../../agents/fence/ipmi/options.js'
import { actionOf, readInput } from '../../../agents/fence/options.js'

const t = suite('fence_kyha_ipmi: parameters')
const read = (lines: string, ...args: string[]): IpmiWish => {
  const wish = readWish(readInput(lines, args))
  if ('problem' in wish) throw new Error(wish.problem)
  return wish
}
const problem = (lines: string): string => {
  const wish = readWish(readInput(`ip=10.9.0.1\n${lines}`, []))
  return 'problem' in wish ? wish.problem : 'none'
}

t('what kyhad sends: parameters, then the node three times, then the action', () => {
  const wish = read('ip=10.9.0.1\nusername=admin\npassword=a=b #c\nnodename=n1\nport=n1\nplug=n1\naction=off\n')
  assert.is(wish.action, 'off')
  assert.equal(wish.ipmi, { host: '10.9.0.1', port: 623, username: 'admin', password: 'a=b #c', privilege: 'administrator' })
  assert.equal([wish.loginMs, wish.shellMs, wish.powerMs, wish.delayMs, wish.settleMs, wish.tries], [5000, 3000, 20_000, 0, 0, 1])
})

t('all parameters, old names, comments, unknown keys, the last of two, the action of the command line', () => {
  const wish = read(
    '# a comment\nnonsense\nunknown_key=1\nipaddr=::1\nipport=1\nipport=6230\nlogin=op\npasswd=x\ncipher=17\nlanplus=1\nprivlvl=OPERATOR\nhexadecimal_kg=0x00ff\n' +
      'login_timeout=1.5\nshell_timeout=2s\npower_timeout=7\npower_wait=0.25\ndelay=3\nretry_on=2\nmethod=onoff\r\n',
    '-o',
    'reboot',
  )
  assert.equal(wish, {
    action: 'reboot',
    ipmi: { host: '::1', port: 6230, username: 'op', password: 'x', privilege: 'operator', bmcKey: Buffer.from([0, 255]), suites: [17] },
    loginMs: 1500,
    shellMs: 2000,
    powerMs: 7000,
    delayMs: 3000,
    settleMs: 250,
    tries: 2,
  })
  assert.is(actionOf(['--action=status']), 'status')
  assert.is(actionOf(['--action', 'off']), 'off')
  assert.is(actionOf(['--help']), undefined)
  assert.is(read('ip=x').action, 'reboot')
})

t('what cannot be used is refused with a sentence, and no value of a secret is in it', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['action=melt', /action is none of on, off/],
    ['ip=a b', /ip is neither/],
    ['ip=\nipaddr=', /ip, the address/],
    ['ipport=0', /ipport is not a whole number/],
    ['ipport=canary', /ipport is not a whole number/],
    ['cipher=0', /cipher is 3 or 17/],
    ['lanplus=0', /lanplus=0/],
    ['privlvl=root', /privlvl is none of callback, user, operator, administrator$/],
    ['hexadecimal_kg=canary', /hexadecimal_kg is not a key/],
    [`hexadecimal_kg=${'00'.repeat(21)}`, /hexadecimal_kg is not a key/],
    ['power_timeout=soon', /power_timeout is not a number of seconds/],
    ['retry_on=0', /retry_on is not/],
    ['password_script=/usr/bin/canary', /password_script is not run/],
    ['password=@secret:canary', /names a secret/],
    ['target=0x24', /target is not known/],
    ['action=reboot\nmethod=cycle', /method is onoff/],
    ['action=validate-all\nmethod=cycle', /method is onoff/],
  ]
  for (const [lines, says] of cases) {
    assert.match(problem(lines), says)
    assert.not.match(problem(lines), /canary|\n/)
  }
  assert.is(problem('action=off\nmethod=cycle'), 'none')
})

t('meta-data: every parameter that is read, in English and Chinese', () => {
  const info = parseMetadata(metadata())
  if ('problem' in info) throw new Error(info.problem)
  assert.is(info.name, 'fence_kyha_ipmi')
  const asked: string[] = []
  const table = new Map([['ip', 'x']])
  const get = table.get.bind(table)
  table.get = (name) => {
    asked.push(name)
    return get(name)
  }
  readWish(table)
  const hidden = ['option', 'ipaddr', 'login', 'passwd', 'password_script', 'passwd_script', 'snmp_priv_passwd_script', 'target']
  assert.equal([...new Set(asked), 'plug'].filter((n) => !hidden.includes(n)).sort(), info.parameters.map((p) => p.name).sort())
  for (const d of [info.short, info.long, ...info.parameters.map((p) => p.short)]) assert.ok(d.en && d.zh, JSON.stringify(d))
  for (const action of ['on', 'off', 'reboot', 'status', 'monitor', 'metadata', 'validate-all'])
    assert.ok(
      info.actions.some((a) => a.name === action),
      action,
    )
})

t.run()
