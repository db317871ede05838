/** `fence_kyha_https`: what the parameters make of a request, and what of its answer counts; with a manager of machines over real HTTPS. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Switch } from '../../../agents/fence/agent.js'
import { type HttpsWish, readWish } from '../../../agents/fence/https/options.js'
import { open } from '../../../agents/fence/https/service.js'
import { type Parameters, refuses, sentence, switchOff, wishOf } from './help.js'
import { caFile, type Heard, type Reply, Station, TROUBLES } from './station.js'

const t = suite('https')
const TOKEN = 'canary-token'

/** Machines behind a manager: POST /vms/NAME/stop and /start, GET /vms/NAME. */
class Manager {
  readonly power = new Map([
    ['db 1', 'running'],
    ['7', 'running'],
  ])
  station!: Station
  static async start(instead: (heard: Heard, n: number) => Reply | undefined = () => undefined): Promise<Manager> {
    const manager = new Manager()
    manager.station = await Station.start((heard, n) => instead(heard, n) ?? manager.#answer(heard))
    return manager
  }
  #answer({ method, path, headers }: Heard): Reply {
    if (headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: { wrong: headers.authorization } }
    const [, name = '', verb] = /^\/vms\/([^/]+)(?:\/(stop|start))?$/.exec(path) ?? []
    const vm = decodeURIComponent(name)
    const state = this.power.get(vm)
    if (state === undefined) return { status: 404 }
    if (verb === undefined)
      return method === 'GET' ? { status: 200, body: { data: [{ name: vm, 'power/state': state }] } } : { status: 405 }
    this.power.set(vm, verb === 'stop' ? 'stopped' : 'running')
    return { status: 202, body: { task: 1 } }
  }
}
const usual = (port: number): Parameters => ({
  off_url: `https://127.0.0.1:${port}/vms/{plug}/stop`,
  on_url: `https://127.0.0.1:${port}/vms/{plug}/start`,
  status_url: `https://127.0.0.1:${port}/vms/{plug}`,
  state_path: '/data/0/power~1state',
  on_values: 'running, paused',
  off_values: 'stopped',
  auth: 'bearer',
  token: TOKEN,
  ca: caFile,
  plug: 'db 1',
  action: 'off',
})
const read = (given: Parameters): HttpsWish => wishOf(readWish, given)
const device = async (given: Parameters): Promise<Switch> => open(read(given))
async function on(
  body: (m: Manager, given: Parameters) => Promise<void>,
  instead?: (heard: Heard, n: number) => Reply | undefined,
): Promise<void> {
  const manager = await Manager.start(instead)
  try {
    await body(manager, usual(manager.station.port))
  } finally {
    manager.station.close()
  }
}
const off = (given: Parameters): Promise<void> => switchOff(device(given))

t('off and on are true, and the plug is data in the path', () =>
  on(async (m, given) => {
    const d = await device(given)
    assert.is(await d.status(), 'on')
    await d.bring('off')
    assert.is(m.power.get('db 1'), 'stopped')
    assert.is(await d.status(), 'off')
    await d.bring('on')
    assert.is(m.power.get('db 1'), 'running')
    await d.close()
    assert.equal(m.station.orders, ['POST /vms/db%201/stop', 'POST /vms/db%201/start'])
  }),
)

t('a state in neither list, of another type, or in another place is never off', async () => {
  const states = ['Stopped', 'stopped ', '', 'unknown', null, ['stopped'], { stopped: true }, 'x'.repeat(100)]
  const bodies: readonly unknown[] = [
    ...states.map((s) => ({ data: [{ 'power/state': s }] })),
    { data: { length: 'stopped' } },
    [],
    'stopped',
    '',
    '{',
  ]
  for (const body of bodies)
    await on(
      async (_, given) => {
        await sentence(off({ ...given, power_timeout: '0.3' }))
        const d = await device({ ...given, shell_timeout: '0.3' })
        await sentence(d.status())
        await d.close()
      },
      ({ method }) => (method === 'GET' ? { status: 200, body } : undefined),
    )
})

t('numbers, truth values and a bare text are states', async () => {
  const cases: readonly (readonly [unknown, Parameters, 'on' | 'off'])[] = [
    [{ on: false }, { state_path: '/on', on_values: 'true', off_values: 'false' }, 'off'],
    [{ on: true }, { state_path: '/on', on_values: 'true', off_values: 'false' }, 'on'],
    [{ relay: 0 }, { state_path: '/relay', on_values: '1', off_values: '0' }, 'off'],
    [' OFF\n', { state_path: '', on_values: 'ON', off_values: 'OFF' }, 'off'],
    [{ outlets: { 'db 1': 'stopped' } }, { state_path: '/outlets/{plug}' }, 'off'],
    [{ length: 'stopped' }, { state_path: '/length' }, 'off'],
  ]
  for (const [body, more, power] of cases)
    await on(
      async (_, given) => assert.is(await device({ ...given, ...more }).then((d) => d.status()), power),
      () => ({ status: 200, body }),
    )
  await on(
    async (_, given) =>
      assert.match(
        await sentence(device({ ...given, state_path: '/length', off_values: '0' }).then((d) => d.status())),
        /not in the answer/,
      ),
    () => ({ status: 200, body: [] }),
  )
})

t('each request meets each trouble: true in the end, or a sentence', async () => {
  const troubles: readonly Reply[] = [...TROUBLES, ...[200, 301, 401, 404, 409, 429, 500, 503].map((status) => ({ status, body: TOKEN }))]
  await Promise.all(
    troubles.flatMap((trouble) =>
      [0, 1, 2].map((at) =>
        on(
          async (m, given) => {
            const said = await off({ ...given, shell_timeout: '0.2', power_timeout: '2' }).then(
              () => undefined,
              (e: Error) => e.message,
            )
            if (said === undefined) assert.is(m.power.get('db 1'), 'stopped')
            else assert.not.match(said, /canary/)
          },
          (_, n) => (n === at ? trouble : undefined),
        ),
      ),
    ),
  )
})

t('an order that did not arrive is not off, whatever was answered to it', async () => {
  for (const status of [200, 202, 204, 400, 409, 503])
    await on(
      async (m, given) => {
        await sentence(off({ ...given, power_timeout: '0.3' }))
        assert.is(m.power.get('db 1'), 'running')
      },
      ({ method }) => (method === 'POST' ? { status } : undefined),
    )
})

t('redirects lead to no other host, and orders nowhere', async () => {
  for (const location of ['https://evil.example/', '//evil.example/x', 'http://127.0.0.1/', `https://127.0.0.2/vms/7`])
    await on(
      async (_, given) => assert.match(await sentence(off({ ...given, power_timeout: '0.3' })), /another place/),
      ({ method }) => (method === 'GET' ? { status: 302, headers: { location } } : undefined),
    )
  await on(
    async (m, given) => {
      assert.match(await sentence(off(given)), /another place/)
      assert.is(m.power.get('db 1'), 'running')
    },
    ({ url, method }) =>
      url === '/vms/db%201/stop' && method === 'POST' ? { status: 307, headers: { location: '/vms/7/stop' } } : undefined,
  )
  await on(
    async (_, given) => {
      const d = await device({ ...given, status_url: given['status_url']?.replace('/vms/', '/old/') ?? '' })
      assert.is(await d.status(), 'on')
      await d.close()
    },
    ({ url }) => (url.startsWith('/old/') ? { status: 301, headers: { location: '/vms/7' } } : undefined),
  )
})

const request = (more: Parameters): Heard & { readonly sent: string } => {
  const { off: call } = read({ ...usual(1), ...more }).https
  if (!call) throw new Error('no call')
  const [path, url] = [call.url.pathname, call.url.pathname + call.url.search]
  return { method: call.method, path, url, headers: call.headers, body: call.body ?? '', sent: `${call.url.host}${url}` }
}
const HOSTILE = [
  '../../7',
  '..%2f',
  'a/b',
  'a?x=1',
  'a#b',
  'a&b=c',
  '"},{"x":"',
  '\\',
  "'",
  '{plug}',
  '{plug:number}',
  '%00',
  'é\u{1f5a5}',
  ' ',
  '@evil',
  '//evil',
]

t('a plug cannot leave the part that it stands in', () => {
  for (const plug of HOSTILE) {
    const url = request({ plug, off_url: 'https://127.0.0.1:1/vms/{plug}/stop?name={plug}&x=1', off_method: 'PUT' })
    assert.is(url.path.split('/').length, 4, url.path)
    const asked = new URL(`https://${url.sent}`)
    assert.equal(
      [decodeURIComponent(url.path.split('/')[2] ?? ''), [...asked.searchParams], asked.hash],
      [
        plug,
        [
          ['name', plug],
          ['x', '1'],
        ],
        '',
      ],
    )
    const body = '{"vm": "{plug}", "{plug}": 1, "list": ["a {plug} b"], "n": 1.5, "deep": {"t": true, "z": null}}'
    const json = JSON.parse(request({ plug, off_body: body }).body) as Record<string, unknown>
    assert.equal(json, { vm: plug, '{plug}': 1, list: [`a ${plug} b`], n: 1.5, deep: { t: true, z: null } })
    const form = request({ plug, off_body: 'name={plug}&x=1', content_type: 'application/x-www-form-urlencoded' })
    assert.equal(
      [...new URLSearchParams(form.body)],
      [
        ['name', plug],
        ['x', '1'],
      ],
    )
  }
  assert.is(request({ plug: '12', off_body: '{"outlet": "{plug:number}", "name": "{plug}"}' }).body, '{"outlet":12,"name":"12"}')
  assert.is(request({ off_body: '<stop/>', content_type: 'text/xml; charset=utf-8' }).body, '<stop/>')
})

t('authentication: none, basic, bearer, a header; further headers', () => {
  const more = { headers: '{"X-Api-Version": "2", "Accept": "text/plain"}' }
  assert.equal(request({ auth: 'none', token: '', ...more }).headers, { accept: 'text/plain', 'x-api-version': '2' })
  const basic = request({ auth: 'basic', username: 'ad min', password: 'p:w', off_body: '{}' }).headers
  assert.equal(basic, { accept: 'application/json', authorization: 'Basic YWQgbWluOnA6dw==', 'content-type': 'application/json' })
  assert.is(request({ auth: 'header', auth_header: 'X-Auth', token: 'a=b' }).headers['x-auth'], 'a=b')
  assert.is(
    request({ auth: 'header', auth_header: 'Authorization', token: 'PVEAPIToken=u@pam!t=1' }).headers.authorization,
    'PVEAPIToken=u@pam!t=1',
  )
})

t('what cannot be used is refused with a sentence, and no value of a secret is in it', () => {
  refuses(readWish, usual(1), [
    [{ status_url: '' }, /status_url.*is needed/],
    [{ off_url: '' }, /off_url.*is needed/],
    [{ on_url: '', action: 'reboot' }, /on_url.*is needed/],
    [{ off_url: 'http://127.0.0.1:1/canary' }, /begins with https/],
    [{ off_url: 'https://canary:pw@127.0.0.1:1/' }, /holds a user/],
    [{ off_url: 'https://{plug}.example/' }, /placeholder in its host/],
    [{ off_url: 'https://127.0.0.1:1/{vm}' }, /placeholder that is not {plug}/],
    [{ off_url: 'https://127.0.0.1:1/a#canary' }, /fragment/],
    [{ off_url: 'https://127.0.0.1:x1/canary' }, /is not a URL/],
    [{ off_url: 'https://127.0.0.2:1/' }, /of one host/],
    [{ plug: '..' }, /step in a path/],
    [{ plug: '.' }, /step in a path/],
    [{ plug: 'a\u0007' }, /plug is not a name/],
    [{ plug: '' }, /has a place for a plug, and none is given/],
    [{ off_method: 'TRACE' }, /off_method is none of GET, POST/],
    [{ off_method: 'GET', off_body: '{}' }, /cannot be sent with GET/],
    [{ off_body: '{"x": {plug}}' }, /off_body is not JSON/],
    [{ off_body: '{"x": "{plug:number}"}' }, /needs a plug that is a number/],
    [{ off_body: '<vm>{plug}</vm>', content_type: 'text/xml' }, /in JSON and in forms only/],
    [{ content_type: 'text' }, /content_type is not/],
    [{ state_path: 'data.state' }, /JSON Pointer/],
    [{ state_path: '/a~2' }, /JSON Pointer/],
    [{ on_values: 'a,stopped' }, /in common/],
    [{ off_values: '' }, /off_values.*is needed/],
    [{ off_values: 'a,,b' }, /not a list/],
    [{ auth: 'digest' }, /auth is none of/],
    [{ auth: 'none' }, /given all the same/],
    [{ token: '' }, /token is needed/],
    [{ token: '@secret:canary' }, /names a secret/],
    [{ token: 'canary\u0001' }, /token is needed/],
    [{ auth: 'basic' }, /username is needed/],
    [{ auth: 'basic', username: 'a:canary' }, /colon/],
    [{ auth: 'header', auth_header: 'Host' }, /auth_header is not/],
    [{ auth: 'header', auth_header: 'X Y' }, /auth_header is not/],
    [{ headers: '{"Authorization": "canary"}' }, /headers has a name/],
    [{ headers: '["canary"]' }, /headers is not a JSON object/],
    [{ ssl_insecure: '1' }, /ca and ssl_name have no place/],
    [{ ca: '/nowhere/canary' }, /ca cannot be read \(ENOENT\)/],
    [{ ca: '/etc/hostname' }, /holds no certificate/],
    [{ password_script: '/bin/canary' }, /password_script is not run/],
    [{ shell_timeout: 'soon' }, /not a number of seconds/],
  ])
})

t.run()
