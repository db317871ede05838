/** Groups, clones, promotable clones and bundles: how many, where, in which role, and what a part does to the whole. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { containerParams } from '../../../actors/coordinator/engine/resolve/container.js'
import { digest } from '../../../actors/coordinator/engine/resolve/digest.js'
import { readCib } from '../../../console/cib/read.js'
import { absent, carried, cib, dummy, metas, monitor, NOW, off, op, pair, plan, ran, type Setting, words } from './help.js'

const t = suite('engine: collectives')

const clone = (id: string, child: string, values: Readonly<Record<string, string | number>> = {}): string =>
  `<clone id="${id}">${metas(id, values)}${child}</clone>`
const three = ['a', 'b', 'c']
const nowhere = (...ids: string[]): Setting['states'] =>
  Object.fromEntries(three.map((n) => [n, { history: ids.map((id) => absent(id)).join('') }]))

t('a clone: one a node, at most clone-max; unique ones may share a node up to clone-node-max', () => {
  assert.equal(words(plan({ resources: clone('c', dummy('x')), nodes: three })).sort(), ['start x ->a', 'start x ->b', 'start x ->c'])
  assert.equal(words(plan({ resources: clone('c', dummy('x'), { 'clone-max': 2 }), nodes: three })).length, 2)
  const unique = { 'globally-unique': 'true', 'clone-max': 3, 'clone-node-max': 2 }
  assert.equal(words(plan({ resources: clone('c', dummy('x'), unique) })).sort(), ['start x:0 ->a', 'start x:1 ->b', 'start x:2 ->a'])
  assert.equal(words(plan({ resources: clone('c', dummy('x'), { ...unique, 'clone-max': 9 }) })).length, 4)
})

t('ordered: one after the other; otherwise all at once', () => {
  const starts = (values: Readonly<Record<string, string>>): string[] =>
    carried(plan({ resources: clone('c', dummy('x'), values), nodes: three, states: nowhere('x') ?? {} }))
  assert.equal(starts({ ordered: 'true' }), ['start x:0 a', 'start x:1 b', 'start x:2 c'])
})

t('clone-min: what comes after waits for so many instances, and for no more', () => {
  const with_ = (up: number): string[] =>
    words(
      plan({
        resources: clone('c', dummy('x'), { 'clone-min': 2 }) + dummy('y'),
        constraints: '<rsc_order id="o" first="c" then="y"/>',
        nodes: three,
        states: { ...nowhere('x', 'y'), ...(up < 2 ? { b: { attributes: off } } : {}), ...(up < 3 ? { c: { attributes: off } } : {}) },
      }),
    ).filter((l) => l.includes(' y '))
  assert.equal(with_(3).length, 1)
  assert.not.match(with_(2).join(), /blocked/)
  assert.match(with_(1).join(), /blocked/)
})

t('interleave: an instance waits for its own node only', () => {
  const after = (interleave: string): string[] => {
    const history = { a: ran('x') + ran('y'), b: ran('x') + ran('y') }
    return words(
      plan({
        resources: clone('c', dummy('x', monitor('x'))) + clone('d', dummy('y'), { interleave }),
        constraints: '<rsc_order id="o" first="c" then="d"/>',
        states: {
          a: { history: ran('x', op('x', 'start') + op('x', 'monitor', { rc: 7, call: 2, ms: 10_000 })) + ran('y') },
          b: { history: history.b },
        },
      }),
    ).sort()
  }
  assert.equal(after('true'), ['recover x a>a', 'restart y a>a'])
  assert.equal(after('false'), ['recover x a>a', 'restart y a>a', 'restart y b>b'])
})

t('an instance that must be with a partner and finds none runs nowhere', () => {
  const p = plan({
    resources:
      clone('c', dummy('x'), { 'clone-max': 2 }) +
      clone('d', dummy('y', metas('y', { 'migration-threshold': 1 })), { 'clone-max': 2, interleave: 'true' }),
    constraints: '<rsc_colocation id="k" rsc="d" with-rsc="c" score="INFINITY" influence="false"/>',
    nodes: three,
    states: {
      a: { history: ran('x') + ran('y') },
      b: { history: ran('x') + ran('y'), transient: pair('fail-count-y#monitor_10000', '1') },
      c: { history: absent('x') + absent('y') },
    },
  })
  assert.equal(words(p), ['stop y b>-'])
})

const promotable = (child: string, values: Readonly<Record<string, string | number>> = {}): string =>
  clone('c', child, { promotable: 'true', ...values })

t('promotion: the best scores, as many as promoted-max; a constraint on the role adds to them; none without any score', () => {
  const scored = (values: Readonly<Record<string, string | number>>, constraints = ''): string[] =>
    words(
      plan({
        resources: promotable(dummy('x'), values),
        constraints,
        states: { a: { history: ran('x'), transient: pair('master-x', '5') }, b: { history: ran('x'), transient: pair('master-x', '9') } },
      }),
    ).sort()
  assert.equal(scored({}), ['promote x b>b'])
  assert.equal(scored({ 'promoted-max': 2 }), ['promote x a>a', 'promote x b>b'])
  assert.equal(scored({}, '<rsc_location id="l" rsc="c" node="a" score="10" role="Promoted"/>'), ['promote x a>a'])
  assert.equal(scored({ 'target-role': 'Unpromoted' }), [])
  const states = { a: { history: ran('x') }, b: { history: ran('x') } }
  assert.equal(words(plan({ resources: promotable(dummy('x')), states })), [])
})

t('promotion: a unique instance has the score under its own name; one that was never looked for on a node has none there', () => {
  const one = (name: string): string[] =>
    words(
      plan({
        resources: promotable(dummy('x'), { 'globally-unique': 'true', 'clone-max': 1 }),
        states: { a: { history: ran('x:0'), transient: pair(name, '5') }, b: { history: absent('x:0') } },
      }),
    )
  assert.equal(one('master-x:0'), ['promote x:0 a>a'])
  assert.equal(one('master-x'), [])
})

t('what is with the promoted one follows it', () => {
  const p = plan({
    resources: promotable(dummy('x')) + dummy('ip'),
    constraints: `<rsc_colocation id="k" rsc="ip" with-rsc="c" with-rsc-role="Promoted" score="INFINITY"/>
      <rsc_order id="o" first="c" first-action="promote" then="ip" then-action="start"/>`,
    states: { a: { history: ran('x') + absent('ip') }, b: { history: ran('x') + absent('ip'), transient: pair('master-x', '9') } },
  })
  assert.equal(words(p).sort(), ['promote x b>b', 'start ip ->b'])
  assert.equal(carried(p), ['promote x:1 b', 'start ip b'])
})

t('a member that cannot run any more takes those after it along, and leaves those before it', () => {
  const p = plan({
    resources: `<group id="g">${dummy('x')}${dummy('y', metas('y', { 'target-role': 'Stopped' }))}${dummy('z')}</group>`,
    states: { a: { history: ran('x') + ran('y') + ran('z') }, b: {} },
  })
  assert.equal(words(p), ['stop y a>-', 'stop z a>-'])
  assert.equal(carried(p), ['stop z a', 'stop y a'])
})

t('an instance of a cloned group whose last member cannot start is not running: what comes after waits', () => {
  const p = plan({
    resources: clone('c', `<group id="g">${dummy('x')}${dummy('y', metas('y', { 'target-role': 'Stopped' }))}</group>`) + dummy('z'),
    constraints: '<rsc_order id="o" first="c" then="z"/>',
    nodes: ['a'],
  })
  assert.equal(words(p).sort(), ['start x ->a', 'start z ->a blocked'])
})

const bundle = (settings: string, inside = dummy('x'), network = '<network control-port="3121"/>'): string =>
  `<bundle id="b"><podman image="img" ${settings}/>${network}${inside}</bundle>`

t('a bundle: for each replica a container, a connection, and what runs inside, in that order', () => {
  const p = plan({ resources: bundle('replicas="2"') })
  assert.equal(words(p).sort(), [
    'start b-0 ->a',
    'start b-1 ->b',
    'start b-podman-0 ->a',
    'start b-podman-1 ->b',
    'start x ->b-0',
    'start x ->b-1',
  ])
  const first = carried(p).filter((l) => /-0|x:0/.test(l))
  assert.equal(first, ['start b-podman-0 a', 'start b-0 a', 'start x:0 b-0'])
})

t('a bundle with addresses has one for each replica; one with nothing inside is its containers', () => {
  const p = plan({ resources: bundle('replicas="2"', '', '<network ip-range-start="10.0.0.7"/>') })
  assert.equal(words(p).sort(), ['start b-ip-10.0.0.7 ->a', 'start b-ip-10.0.0.8 ->b', 'start b-podman-0 ->a', 'start b-podman-1 ->b'])
})

t('a bundle whose image changed restarts, one that did not does not', () => {
  const of = (settings: string): Setting => ({ resources: bundle(`replicas="1" ${settings}`, ''), nodes: ['a'] })
  const read = readCib(cib(of('')), NOW)
  if ('refused' in read) throw new Error(read.refused.key)
  const spec = read.scene.resources[0]
  if (!spec) throw new Error('no bundle')
  const now = digest(new Map(containerParams({ bundle: spec, offset: 0, address: undefined, hosts: '', inside: false }).values))
  const history = ran('b-podman-0', op('b-podman-0', 'start', { digest: now }), 'class="ocf" provider="heartbeat" type="podman"')
  const did = (settings: string): string[] =>
    words(plan({ ...of(settings), states: { a: { history } } })).filter((l) => !l.startsWith('start'))
  assert.equal(did(''), [])
  assert.equal(did('run-command="/bin/other"'), ['restart b-podman-0 a>a'])
  assert.equal(did('options="--user=x"'), ['restart b-podman-0 a>a'])
})

t('a container is told what the field tells it, in its words and their order', () => {
  const network = '<network ip-range-start="10.0.0.7" host-interface="eth1" host-netmask="24"><port-mapping id="pm" port="80"/></network>'
  const storage = '<storage><storage-mapping id="sm" source-dir-root="/srv" target-dir="/var/www" options="rw"/></storage>'
  const xml = `<bundle id="b"><docker image="img" replicas="2" options="--log-driver=journald"/>${network}${storage}${dummy('x')}</bundle>`
  const read = readCib(cib({ resources: xml }), NOW)
  const spec = 'refused' in read ? undefined : read.scene.resources[0]
  if (!spec) throw new Error('no bundle')
  const hosts = ' --add-host=b-0:10.0.0.7 --add-host=b-1:10.0.0.8'
  const values = Object.fromEntries(containerParams({ bundle: spec, offset: 0, address: '10.0.0.7', hosts, inside: true }).values)
  assert.equal(values, {
    image: 'img',
    allow_pull: 'true',
    force_kill: 'false',
    reuse: 'false',
    run_opts:
      ' --restart=no -h b-0 -e PCMK_stderr=1 -e PCMK_remote_port=3121 -v /srv/b-0:/var/www:rw -v /etc/pacemaker/authkey:/etc/pacemaker/authkey' +
      ' -v /var/log/pacemaker/bundles/b-0:/var/log -p 10.0.0.7:80:80 -p 10.0.0.7:3121:3121 --log-driver=journald' +
      '  --add-host=b-0:10.0.0.7 --add-host=b-1:10.0.0.8',
    mount_points: '/srv/b-0,/var/log/pacemaker/bundles/b-0',
    run_cmd: '/usr/sbin/pacemaker-remoted',
    monitor_cmd: '/bin/true',
  })
})

t('bundles pair replica by replica, whatever roles what is inside may take', () => {
  const of = (id: string, inside: string): string =>
    `<bundle id="${id}"><podman image="i" replicas="3" promoted-max="1"/><network control-port="3121"/>${dummy(inside)}</bundle>`
  const p = plan({
    resources: of('p', 'x') + of('q', 'y'),
    nodes: ['a', 'b', 'c', 'd'],
    constraints: `<rsc_colocation id="k" rsc="q" with-rsc="p" score="INFINITY"/>
      <rsc_colocation id="l" rsc="q" rsc-role="Promoted" with-rsc="p" with-rsc-role="Promoted" score="INFINITY"/>
      <rsc_location id="m" rsc="p" node="c" score="100" role="Promoted"/><rsc_location id="n" rsc="p" role="Promoted" node="p-2" score="50"/>`,
  })
  const at = (name: string): string[] =>
    words(p)
      .filter((l) => l.startsWith(`start ${name}-podman`))
      .map((l) => l.slice(-1))
  assert.equal(at('p'), ['a', 'b', 'c'])
  assert.equal(at('q'), ['a', 'b', 'c'])
})

t.run()
