/** kyha's own agents, unprivileged: the full cycle of each, answers of the real services, hostile parameters. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { agentInfo } from '../../../agents/catalogue.js'
import { reloadableOf } from '../../../agents/contract.js'
import { file, program, when } from '../../needs.js'
import { freePort } from '../../ports.js'
import { hostile, Place } from './cycle.js'

const t = suite('own agents')
let place: Place
t.before.each(() => {
  place = new Place()
})
t.after.each(() => place.close())

/** Ends a process and waits until it is gone, or a zombie that nobody has collected yet. */
const killed = async (pid: number): Promise<void> => {
  process.kill(pid, 'SIGKILL')
  const lives = (): boolean => {
    try {
      return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    } catch {
      return false
    }
  }
  while (lives()) await new Promise((resolve) => setTimeout(resolve, 5))
}
const fetchText = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false }, (response) => {
      let text = ''
      response.on('data', (d) => {
        text += d
      })
      response.on('end', () => resolve(text))
    }).on('error', reject)
  })

t('[C2] Dummy leads the full cycle, and fails as told', async () => {
  assert.is(await place.fullCycle('kyha:Dummy', {}), '')
  const state = join(place.dir, 'state')
  assert.is(await place.fullCycle('kyha:Dummy', { state }), '')
  assert.is((await place.run('kyha:Dummy', 'start', { fail_start: '5' })).rc, 5)
  await place.run('kyha:Dummy', 'start', { state })
  const ran = await place.run('kyha:Dummy', 'monitor', { state, fail_monitor: '1' })
  assert.equal([ran.rc, ran.reason], [1, 'monitor was told to fail with 1'])
})

t('[C2] Stateful leads the full cycle, takes and gives up the promoted role, and says what it is', async () => {
  const state = join(place.dir, 'state')
  assert.is(await place.fullCycle('kyha:Stateful', {}), '')
  assert.is(await place.fullCycle('kyha:Stateful', { state }), '')
  const steps = 'promote 7 demote 7 start 0 monitor 0 demote 0 promote 0 promote 0 monitor 8 notify 2 demote 0 monitor 0'
  const ends = 'promote 0 start 0 monitor 0 promote 0 stop 0 monitor 7 stop 0'
  const words = `${steps} ${ends}`.split(' ')
  const said: string[] = []
  for (let i = 0; i < words.length; i += 2) {
    const action = words[i] ?? ''
    said.push(action, String((await place.run('kyha:Stateful', action, { state })).rc))
  }
  assert.is(said.join(' '), words.join(' '))
  writeFileSync(state, 'neither\n')
  const odd = await place.run('kyha:Stateful', 'monitor', { state })
  assert.equal([odd.rc, odd.reason], [1, `${state} names no role`])
  assert.is((await place.run('kyha:Stateful', 'start', { state })).rc, 0)
  assert.is(readFileSync(state, 'utf8'), 'unpromoted\n')
})

t('Stateful writes down what it is told of the other instances', async () => {
  const state = join(place.dir, 'told')
  const told = (type: string, action: string, nodes: string, promoted: string): Promise<unknown> => {
    const clone = { notify_type: type, notify_operation: action, [`notify_${action}_uname`]: nodes, notify_promoted_uname: promoted }
    return place.run('kyha:Stateful', 'notify', { state }, { clone }).then(({ rc }) => assert.is(rc, 0))
  }
  await place.run('kyha:Stateful', 'start', { state })
  await told('pre', 'promote', 'n2', ' ')
  await told('post', 'promote', 'n2', ' ')
  await told('post', 'stop', 'n1 n3', 'n2')
  const lines = ['pre promote: n2 (promoted:  )', 'post promote: n2 (promoted:  )', 'post stop: n1 n3 (promoted: n2)']
  assert.is(readFileSync(`${state}.told`, 'utf8'), `${lines.join('\n')}\n`)
  assert.is(readFileSync(state, 'utf8'), 'unpromoted\n')
})

t('Stateful says which roles its monitors are for; agents without roles have no promote', async () => {
  const info = await agentInfo('kyha:Stateful', place.facts)
  if ('severity' in info) throw new Error(info.key)
  const roles = info.actions.filter((a) => a.name === 'monitor').map((a) => `${a.role} ${a.intervalMs}`)
  assert.equal(roles, ['Promoted 10000', 'Unpromoted 11000'])
  for (const action of ['promote', 'demote', 'notify']) assert.is((await place.run('kyha:Dummy', action, {})).rc, 3)
})

t(
  'Dummy takes its text over while it runs, and fails to as told; what is not running, and agents that reload nothing, do not reload',
  async () => {
    const state = join(place.dir, 'state')
    const holds = (): string => readFileSync(state, 'utf8')
    assert.is((await place.run('kyha:Dummy', 'reload-agent', { state })).rc, 7)
    await place.run('kyha:Dummy', 'start', { state, fake: 'old' })
    assert.is(holds(), 'old\n')
    assert.is((await place.run('kyha:Dummy', 'reload-agent', { state, fake: '$(new)' })).rc, 0)
    assert.is(holds(), '$(new)\n')
    const ran = await place.run('kyha:Dummy', 'reload-agent', { state, fake: 'newer', fail_reload: '1' })
    assert.equal([ran.rc, ran.reason], [1, 'reload was told to fail with 1'])
    assert.is(holds(), '$(new)\n')
    for (const action of ['reload', 'reload-agent']) assert.is((await place.run('kyha:Stateful', action, { state })).rc, 3)
    assert.is((await place.run('kyha:Dummy', 'reload', { state })).rc, 3)
  },
)

t('an agent says what it takes over; what its process was started with is not among it', async () => {
  const takes = async (name: string): Promise<readonly string[]> => {
    const info = await agentInfo(name, place.facts)
    if ('severity' in info) throw new Error(info.key)
    return reloadableOf(info)
  }
  assert.equal(await takes('kyha:Dummy'), ['fake', 'op_sleep', 'fail_start', 'fail_stop', 'fail_monitor', 'fail_reload'])
  assert.equal(await takes('kyha:IPaddr2'), ['arp_count', 'check_link_status', 'check_duplicate'])
  assert.equal(await takes('kyha:nginx'), ['port', 'status10url', 'stop_grace'])
  assert.equal(await takes('kyha:Delay'), ['startdelay', 'stopdelay', 'mondelay'])
  for (const name of ['kyha:Stateful', 'kyha:http', 'kyha:systemd']) assert.equal(await takes(name), [])
})

t('Delay leads the full cycle', async () => {
  assert.is(await place.fullCycle('kyha:Delay', { startdelay: '0.01', stopdelay: '0.01' }), '')
})

t('[C2] http answers who it is and under which token, logs each answer, and leaves nothing', async () => {
  const port = await freePort()
  const log = join(place.dir, 'answers')
  const wrong = await place.fullCycle('kyha:http', { port: String(port), log }, async () => {
    const { owner, token } = JSON.parse(await fetchText(port)) as { owner: string; token: number }
    assert.equal([owner, token], ['n1', 42])
  })
  assert.is(wrong, '')
  assert.match(readFileSync(log, 'utf8'), /^\{"owner":"n1","token":42,"pid":\d+\}\n$/)
  let refused = false
  await fetchText(port).catch(() => {
    refused = true
  })
  assert.ok(refused, 'nobody listens after stop')
})

t('http: a second owner of the same address and port cannot start, and says why', async () => {
  const port = String(await freePort())
  const other = new Place()
  try {
    assert.is((await place.run('kyha:http', 'start', { port })).rc, 0)
    const second = await other.run('kyha:http', 'start', { port })
    assert.is(second.rc, 1)
    assert.match(second.reason, 'EADDRINUSE')
    assert.is((await other.run('kyha:http', 'monitor', { port })).rc, 7)
  } finally {
    await place.run('kyha:http', 'stop', { port })
    other.close()
  }
})

t('http: a monitor after the server was killed says not running, also when the pid was given to somebody else', async () => {
  const port = String(await freePort())
  await place.run('kyha:http', 'start', { port })
  const pidFile = join(place.facts.runDir, 'kyha-http-res-1.pid')
  await killed(Number(readFileSync(pidFile, 'utf8')))
  assert.is((await place.run('kyha:http', 'monitor', { port })).rc, 7)
  writeFileSync(pidFile, `${process.pid}\n`)
  assert.is((await place.run('kyha:http', 'monitor', { port })).rc, 7)
  assert.is((await place.run('kyha:http', 'stop', { port })).rc, 0, 'and the stop kills nobody else')
})

t('[E5] http: a server that hangs fails the monitor with the reason, a stop ends it, and a start serves again', async () => {
  const port = await freePort()
  const log = join(place.dir, 'answers')
  const params = { port: String(port), log }
  assert.is((await place.run('kyha:http', 'start', params)).rc, 0)
  const pid = Number(readFileSync(join(place.facts.runDir, 'kyha-http-res-1.pid'), 'utf8'))
  try {
    process.kill(pid, 'SIGSTOP')
    const hung = await place.run('kyha:http', 'monitor', params, { timeoutMs: 1_000 })
    assert.is(hung.rc, 1)
    assert.match(hung.reason, new RegExp(`^the server \\(process ${pid}\\) runs but does not serve 127.0.0.1:${port}: .`))
  } finally {
    assert.is((await place.run('kyha:http', 'stop', params)).rc, 0)
  }
  assert.is((await place.run('kyha:http', 'monitor', params)).rc, 7)
  assert.is((await place.run('kyha:http', 'start', params)).rc, 0)
  assert.is((await place.run('kyha:http', 'monitor', params)).rc, 0)
  assert.is((await place.run('kyha:http', 'stop', params)).rc, 0)
  assert.is(readFileSync(log, 'utf8'), '', 'the questions of a monitor are no answers to users')
})

const nginxConf = (dir: string, port: number): string => {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((x) => `${x}_temp_path ${dir}/${x};`).join(' ')
  return `pid ${dir}/nginx.pid;\nerror_log ${dir}/error.log;\nevents {}\nhttp { access_log off; ${temp}
    server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } } }\n`
}

when(
  t,
  program('nginx'),
  program('curl'),
)('[C2] nginx leads the full cycle, answers while it runs, and is checked in depth', async () => {
  const port = await freePort()
  const configfile = join(place.dir, 'nginx.conf')
  writeFileSync(configfile, nginxConf(place.dir, port))
  const params = { configfile, port: String(port) }
  const wrong = await place.fullCycle('kyha:nginx', params, async () => {
    assert.is(await fetchText(port), 'ok')
    assert.is((await place.run('kyha:nginx', 'monitor', params, { depth: 10 })).rc, 0)
    const bad = { configfile, status10url: `http://127.0.0.1:${port + 1}/` }
    assert.is((await place.run('kyha:nginx', 'monitor', bad, { depth: 10 })).rc, 1)
  })
  assert.is(wrong, '')
  writeFileSync(configfile, 'pid x;\nnonsense;\n')
  const ran = await place.run('kyha:nginx', 'start', { configfile })
  assert.is(ran.rc, 1)
  assert.match(ran.reason, 'unknown directive "nonsense"')
})

when(t, program('nginx'))(
  '[E5] nginx: after its master was killed it is not running, and a stop ends the workers that hold the port',
  async () => {
    const configfile = join(place.dir, 'nginx.conf')
    const port = await freePort()
    writeFileSync(configfile, nginxConf(place.dir, port))
    assert.is((await place.run('kyha:nginx', 'start', { configfile })).rc, 0)
    await killed(Number(readFileSync(join(place.dir, 'nginx.pid'), 'utf8')))
    assert.is((await place.run('kyha:nginx', 'monitor', { configfile })).rc, 7)
    assert.is((await place.run('kyha:nginx', 'stop', { configfile })).rc, 0)
    let refused = false
    await fetchText(port).catch(() => {
      refused = true
    })
    assert.ok(refused, 'no worker answers any more')
    assert.is(await place.fullCycle('kyha:nginx', { configfile }), '')
  },
)

t(
  'nginx without its configuration (not mounted here): not running for a probe, stopped for a stop, not installed for a start',
  async () => {
    const params = { configfile: join(place.dir, 'absent'), httpd: '/bin/true' }
    assert.is((await place.run('kyha:nginx', 'monitor', params)).rc, 7)
    assert.is((await place.run('kyha:nginx', 'stop', params)).rc, 0)
    assert.is((await place.run('kyha:nginx', 'start', params)).rc, 5)
  },
)

t('systemd where it does not run says so with code 5, once', async () => {
  if (existsSync('/run/systemd/system')) return
  const ran = await place.run('systemd:nginx.service', 'start', {})
  assert.equal([ran.rc, ran.reason], [5, 'systemd does not run this machine'])
})

t('hostile values of every parameter of every agent run nothing', async () => {
  const mark = join(place.dir, 'broken-out')
  const all: Record<string, readonly string[]> = {
    'kyha:Dummy': ['state', 'fake', 'op_sleep', 'fail_start', 'fail_reload'],
    'kyha:Stateful': ['state'],
    'kyha:Delay': ['startdelay'],
    'kyha:IPaddr2': ['ip', 'nic', 'cidr_netmask', 'broadcast', 'iflabel', 'arp_count'],
    'kyha:nginx': ['configfile', 'httpd', 'port', 'status10url', 'stop_grace'],
    'kyha:http': ['ip', 'port', 'log'],
    'kyha:systemd': ['unit'],
  }
  const cases = Object.entries(all).flatMap(([agent, names]) =>
    names.flatMap((name) => hostile(mark).map((value) => ({ agent, name, value }))),
  )
  const next = async (): Promise<void> => {
    for (let c = cases.pop(); c; c = cases.pop()) {
      const harmless = c.agent === 'kyha:IPaddr2' && c.name !== 'ip' ? { ip: '192.0.2.1', nic: 'none0' } : {}
      const ran = await place.run(c.agent, 'validate-all', { ...harmless, [c.name]: c.value })
      const anyText = c.name === 'fake' || c.name === 'state'
      if (!anyText) assert.is.not(ran.rc, 0, `${c.agent} ${c.name}=${JSON.stringify(c.value)}`)
    }
  }
  await Promise.all([next(), next(), next(), next()])
  await place.run('kyha:Dummy', 'start', { fake: `$(touch ${mark})` })
  await place.run('kyha:nginx', 'start', { configfile: '/dev/null', httpd: '/bin/false', options: `$(touch ${mark}); touch ${mark}` })
  assert.not.ok(existsSync(mark))
})

when(t, file('/bin/dash', 'dash'))('an unknown action is unimplemented', async () => {
  assert.is((await place.run('kyha:Dummy', 'explode', {})).rc, 3)
})

t.run()
