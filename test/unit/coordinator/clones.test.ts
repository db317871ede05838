/** Clones and promoted roles: where instances belong, what is done in which order, and that a promoted role is one owner's like any resource. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { explain } from '../../../actors/coordinator/ledger.js'
import { type Plan, plan, viewOf } from '../../../actors/coordinator/plan.js'
import type { CloneDoc, ConfigDoc } from '../../../runtime/config/document.js'
import { render } from '../../../runtime/text/index.js'
import { inputFor, type Spec } from './world.js'

const t = suite('coordinator: clones')

const clone = (over: Partial<CloneDoc> = {}): CloneDoc => ({
  name: 'db-clone',
  resource: 'db',
  ordered: false,
  interleave: true,
  notify: false,
  targetRole: 'Started',
  ...over,
})
const three = { n1: 'alive', n2: 'alive', n3: 'alive' } as const
const config = [
  "resources: [{name: db, agent: 'kyha:a'}, {name: vip, agent: 'kyha:b'}]",
  'fencing: [{name: pdu, agent: fence_pdu, hosts: {n1: a, n2: b, n3: c}}]',
]
const spec = (over: Partial<Spec>, also: Partial<ConfigDoc> = { clones: [clone()] }): Spec => ({ config, nodes: three, also, ...over })
const of = (s: Spec): Plan => plan(inputFor(s))
const acts = (p: Plan): string[] =>
  p.actions.map((a) => `${a.id}${a.busy ? ' (busy)' : ''}${a.after.length > 0 ? ` after ${a.after.join(', ')}` : ''}`)
const grants = (p: Plan): string[] => p.grants.map((g) => `${g.resource.replace(/^r[\d.]+/, 'db')} ${g.node}`)

t('[issue 4] an instance on each node, each under a right of its own', () => {
  const p = of(spec({ running: { vip: 'n1' } }))
  assert.equal(acts(p), ['start:db@n1', 'start:db@n2', 'start:db@n3'])
  assert.equal(grants(p), ['db@id-n1 id-n1', 'db@id-n2 id-n2', 'db@id-n3 id-n3'])
  assert.equal(acts(of(spec({ running: { db: 'n1 n2 n3', vip: 'n1' } }))), [])
})

t('what follows the clone of a group needs instances with all members: one member that is stopped on purpose stops it', () => {
  const base = (agent: string, also = ''): Spec => ({
    config: [
      `resources: [{name: fs, agent: 'kyha:a'}, {name: agent, agent: 'kyha:a'${agent}}, {name: job, agent: 'kyha:b'}]`,
      'groups: [{name: base, members: [fs, agent]}]',
      'clones: [{name: base-clone, resource: base}]',
      'order: [{first: base-clone, then: job}]',
      'fencing: [{name: pdu, agent: fence_pdu, hosts: {n1: a, n2: b, n3: c}}]',
      also,
    ],
    nodes: three,
  })
  const stopped = ', meta: {target-role: Stopped}'
  assert.equal(acts(of({ ...base(stopped), running: { fs: 'n1 n2 n3' } })), [], 'job waits')
  const all = { fs: 'n1 n2 n3', agent: 'n1 n2 n3', job: 'n1' }
  assert.equal(
    acts(of({ ...base(stopped), running: all })),
    ['stop:agent@n1 after stop:job@n1', 'stop:agent@n2 after stop:job@n1', 'stop:agent@n3 after stop:job@n1', 'stop:job@n1'],
    'and stops first',
  )
  const two = { ...base('', 'location: [{resource: base-clone, node: n3, score: -INFINITY}]'), running: { fs: 'n1 n2', agent: 'n1 n2' } }
  assert.equal(acts(of(two)), ['start:job@n3'], 'instances that are nowhere to run are none')
})

t('fewer instances than nodes: one moves only when the other has stopped, or its node is known to be off', () => {
  const two = { clones: [clone({ max: 2 })] }
  assert.is(of(spec({ running: { vip: 'n1' } }, two)).actions.length, 2)
  const standby = spec({ running: { db: 'n1 n2', vip: 'n1' }, config: [...config, 'nodes: {n2: {standby: true}}'] }, two)
  assert.equal(acts(of(standby)), ['stop:db@n2', 'start:db@n3 after stop:db@n2'])
  const lost = spec({ running: { db: 'n1 n2', vip: 'n1' }, nodes: { n1: 'alive', n2: 'silent', n3: 'alive' } }, two)
  assert.equal(acts(of(lost)), ['fence:n2', 'start:db@n3 after fence:n2'])
  const spare = spec({ running: { db: 'n1 n2 n3', vip: 'n1' }, nodes: { n1: 'alive', n2: 'silent', n3: 'alive' } })
  assert.equal(acts(of(spare)), ['fence:n2'])
})

t('an instance that nobody may stop, or that cannot be asked, counts: another starts only where one is missing', () => {
  const follows = (also: string): Spec => ({
    config: [
      ...config,
      'clones: [{name: db-clone, resource: db, promoted: 1, max: 2}]',
      'colocation: [{resource: vip, with: db-clone, with-role: Promoted}]',
      also,
    ],
    nodes: three,
    running: { db: 'n1* n2', vip: 'n1' },
  })
  assert.equal(acts(of(follows('nodes: {n2: {maintenance: true}}'))), [])
  const two = { clones: [clone({ max: 2 })] }
  const stuck = spec(
    { running: { db: 'n1 n2', vip: 'n1' }, nodes: { n1: 'alive', n2: 'silent', n3: 'alive' }, config: config.slice(0, 1) },
    two,
  )
  assert.equal(acts(of(stuck)), [])
})

t('what has to stop for a clone that stands on it waits for what is known of its instances only where they may be', () => {
  const lines = [
    "resources: [{name: fs, agent: 'kyha:a'}, {name: db, agent: 'kyha:b'}]",
    'clones: [{name: fs-clone, resource: fs}, {name: db-clone, resource: db, interleave: false}]',
    'order: [{first: fs-clone, then: db-clone}]',
    'nodes: {n2: {standby: true}}',
  ]
  assert.equal(acts(of({ config: lines, nodes: three, running: { fs: 'n1 n2 n3', db: 'n1 n3' } })), ['stop:fs@n2'])
})

t('a failed instance restarts alone; one at its threshold stays away', () => {
  const failed = {
    state: 'failed',
    failCount: 1,
    lastFailure: { action: 'monitor', rc: 7, exitReason: '', agoMs: 0, class: 'soft' },
  } as const
  const p = of(spec({ running: { db: 'n1 n2 n3', vip: 'n1' }, rows: { 'db@n2': failed } }))
  assert.equal(acts(p), ['stop:db@n2', 'start:db@n2 after stop:db@n2'])
  const limit = [
    config[0]?.replace("{name: db, agent: 'kyha:a'}", "{name: db, agent: 'kyha:a', meta: {migration-threshold: 1}}") ?? '',
    config[1] ?? '',
  ]
  assert.equal(acts(of(spec({ config: limit, running: { db: 'n1 n2 n3', vip: 'n1' }, rows: { 'db@n2': failed } }))), ['stop:db@n2'])
})

const promotable = { clones: [clone({ promoted: 1 })] }

t('[issue 4] one instance is promoted, after it runs, under a right that nobody else has', () => {
  const starting = of(spec({ running: { vip: 'n1' } }, promotable))
  assert.equal(acts(starting), ['start:db@n1', 'start:db@n2', 'start:db@n3', 'promote:db@n1 after start:db@n1'])
  const running = of(spec({ running: { db: 'n1 n2 n3', vip: 'n1' } }, promotable))
  assert.equal(acts(running), ['promote:db@n1'])
  assert.equal(grants(running), ['db^0 id-n1'])
  assert.equal(acts(of(spec({ running: { db: 'n1* n2 n3', vip: 'n1' } }, promotable))), [])
  assert.equal(acts(of(spec({ running: { db: 'n1 n2* n3', vip: 'n1' } }, promotable))), [], 'it stays where it is')
})

t('the promoted role passes on after a demotion, or after the end of its node', () => {
  const away = spec({ running: { db: 'n1* n2 n3', vip: 'n3' }, config: [...config, 'nodes: {n1: {standby: true}}'] }, promotable)
  assert.equal(acts(of(away)), ['stop:db@n1 after demote:db@n1', 'demote:db@n1', 'promote:db@n2 after demote:db@n1'])
  const lost = spec({ running: { db: 'n1 n2* n3', vip: 'n1' }, nodes: { n1: 'alive', n2: 'silent', n3: 'alive' } }, promotable)
  assert.equal(acts(of(lost)), ['fence:n2', 'promote:db@n1 after fence:n2'])
  assert.equal(grants(of(lost)), [])
  const over = of({ ...lost, lost: ['n2'] })
  assert.equal([acts(over), grants(over)], [['promote:db@n1'], ['db^0 id-n1']])
})

t('a promoted instance that failed is stopped, started and promoted again', () => {
  const failed = {
    state: 'failed',
    failCount: 1,
    lastFailure: { action: 'monitor', rc: 9, exitReason: '', agoMs: 0, class: 'soft' },
  } as const
  const p = of(spec({ running: { db: 'n1* n2 n3', vip: 'n1' }, rows: { 'db@n1': failed } }, promotable))
  assert.equal(acts(p), [
    'stop:db@n1 after demote:db@n1',
    'start:db@n1 after stop:db@n1',
    'demote:db@n1',
    'promote:db@n1 after demote:db@n1, start:db@n1, stop:db@n1',
  ])
  assert.is(p.actions.find((a) => a.id === 'demote:db@n1')?.action, 'stop', 'whether it is still promoted is not known: a stop ends both')
})

t('what is promoted without the right to is demoted', () => {
  const row = { state: 'promoted' } as const
  const p = of(spec({ running: { db: 'n1* n2 n3', vip: 'n1' }, rows: { 'db@n3': row } }, promotable))
  assert.ok(acts(p).some((a) => a.startsWith('demote:db@n3')))
})

t('[issue 4] an address follows the promoted instance, and comes after its promotion', () => {
  const follows = [
    ...config,
    'clones: [{name: db-clone, resource: db, promoted: 1}]',
    'colocation: [{resource: vip, with: db-clone, with-role: Promoted}]',
    'order: [{first: db-clone, first-action: promote, then: vip}]',
  ]
  assert.equal(acts(of(spec({ config: follows, running: { db: 'n1 n2* n3' } }, {}))), ['start:vip@n2'])
  assert.equal(acts(of(spec({ config: follows, running: { db: 'n1 n2 n3' } }, {}))), ['promote:db@n1', 'start:vip@n1 after promote:db@n1'])
  const lost = spec({ config: follows, running: { db: 'n1 n2* n3', vip: 'n2' }, nodes: { n1: 'alive', n2: 'silent', n3: 'alive' } }, {})
  assert.equal(acts(of(lost)), ['fence:n2', 'promote:db@n1 after fence:n2', 'start:vip@n1 after fence:n2, promote:db@n1'])
})

t('orders between clones go node by node where interleave is said, else all come first; one is enough without require-all', () => {
  const at = (web: string, order: string, running: Record<string, string> = {}): string[] => {
    const lines = [
      "resources: [{name: db, agent: 'kyha:a'}, {name: web, agent: 'kyha:b'}]",
      `clones: [{name: db-clone, resource: db}, {name: web-clone, resource: web${web}}]`,
      `order: [{first: db-clone, then: web-clone${order}}]`,
    ]
    return acts(of({ config: lines, nodes: { n1: 'alive', n2: 'alive' }, running }))
  }
  assert.equal(at('', '').slice(2), ['start:web@n1 after start:db@n1', 'start:web@n2 after start:db@n2'])
  assert.equal(at(', interleave: false', '').slice(2), [
    'start:web@n1 after start:db@n1, start:db@n2',
    'start:web@n2 after start:db@n1, start:db@n2',
  ])
  assert.equal(at(', interleave: false', ', require-all: false', { db: 'n1' }).slice(1), ['start:web@n1', 'start:web@n2'])
})

t('[issue 4] an ordered clone starts its instances one after the other, and stops them in reverse', () => {
  const ordered = { clones: [clone({ ordered: true })] }
  assert.equal(acts(of(spec({ running: { vip: 'n1' } }, ordered))), [
    'start:db@n1',
    'start:db@n2 after start:db@n1',
    'start:db@n3 after start:db@n2',
  ])
  const stopped = { clones: [clone({ ordered: true, targetRole: 'Stopped' })] }
  assert.equal(acts(of(spec({ running: { db: 'n1 n2 n3', vip: 'n1' } }, stopped))), [
    'stop:db@n1 after stop:db@n2',
    'stop:db@n2 after stop:db@n3',
    'stop:db@n3',
  ])
})

t('[issue 4] what follows a clone with min starts when so many instances run, not when one does', () => {
  const at = (running: string): string[] =>
    acts(
      of({
        config: [
          "resources: [{name: db, agent: 'kyha:a'}, {name: web, agent: 'kyha:b'}]",
          'clones: [{name: db-clone, resource: db, min: 2}]',
          'order: [{first: db-clone, then: web}]',
        ],
        nodes: three,
        running: { db: running },
      }),
    ).flatMap((a) => (a.startsWith('start:web') ? [a.replace(/^start:web@n\d/, 'web')] : []))
  assert.equal(at('n1'), ['web after start:db@n2, start:db@n3'])
  assert.equal(at('n1 n2'), ['web'])
})

t('a cloned group: its members start in order on each node', () => {
  const resources = ["resources: [{name: fs, agent: 'kyha:a'}, {name: web, agent: 'kyha:b'}]", 'groups: [{name: g, members: [fs, web]}]']
  const p = of({ config: resources, nodes: { n1: 'alive', n2: 'alive' }, also: { clones: [clone({ name: 'all', resource: 'g' })] } })
  assert.equal(acts(p), ['start:fs@n1', 'start:web@n1 after start:fs@n1', 'start:fs@n2', 'start:web@n2 after start:fs@n2'])
})

t('what follows a promoted role that is given up with its instance does not start', () => {
  const lines = [
    "resources: [{name: fs, agent: 'kyha:a'}, {name: db, agent: 'kyha:b'}, {name: vip, agent: 'kyha:c'}]",
    'clones: [{name: fs-clone, resource: fs, meta: {target-role: Stopped}}, {name: db-clone, resource: db, promoted: 1}]',
    'colocation: [{resource: vip, with: db-clone, with-role: Promoted}]',
    'order: [{first: fs-clone, then: db-clone}, {first: db-clone, first-action: promote, then: vip}]',
  ]
  const p = of({ config: lines, nodes: { n1: 'alive', n2: 'alive' }, running: { fs: 'n1 n2', db: 'n1* n2' } })
  assert.not.ok(
    acts(p).some((a) => a.startsWith('start:') || a.startsWith('promote:')),
    acts(p).join('; '),
  )
  assert.is(p.placement.find((x) => x.role === 'Promoted')?.because.key, 'coordinator.no-promoted')
})

t('one instance of a cloned group is there when all its members run', () => {
  const lines = [
    "resources: [{name: fs, agent: 'kyha:a'}, {name: web, agent: 'kyha:b'}, {name: db, agent: 'kyha:c'}]",
    'groups: [{name: g, members: [fs, web]}]',
    'clones: [{name: all, resource: g}, {name: db-clone, resource: db, interleave: false}]',
    'order: [{first: all, then: db-clone, require-all: false}]',
  ]
  const at = (running: Record<string, string>): string[] =>
    acts(of({ config: lines, nodes: { n1: 'alive', n2: 'alive' }, running })).slice(-1)
  assert.equal(at({ fs: 'n1 n2' }), ['start:db@n2 after start:web@n1, start:web@n2'])
  assert.equal(at({ fs: 'n1 n2', web: 'n1' }), ['start:db@n2'])
})

t('a clone that shall be stopped stops everywhere, its promoted role first; Unpromoted only demotes', () => {
  const stopped = of(spec({ running: { db: 'n1* n2', vip: 'n3' } }, { clones: [clone({ promoted: 1, targetRole: 'Stopped' })] }))
  assert.equal(acts(stopped), ['stop:db@n1 after demote:db@n1', 'stop:db@n2', 'demote:db@n1'])
  const quiet = of(spec({ running: { db: 'n1* n2 n3', vip: 'n3' } }, { clones: [clone({ promoted: 1, targetRole: 'Unpromoted' })] }))
  assert.equal(acts(quiet), ['demote:db@n1'])
})

const follows = [
  ...config,
  'clones: [{name: db-clone, resource: db, promoted: 1}]',
  'colocation: [{resource: vip, with: db-clone, with-role: Promoted}]',
  'order: [{first: db-clone, first-action: promote, then: vip}]',
]
const inPlace: Spec = { config: follows, nodes: three, running: { db: 'n1 n2* n3', vip: 'n2' } }
const says = (s: Spec, resource: string, node?: string): string => {
  const said = explain(viewOf(of(s), 'x'), resource, node)?.because
  return said ? render('en', said.key, said.args) : 'no such thing'
}

t('a move of a promotable clone moves its promoted role, whichever name is given; its instances stay', () => {
  const steps = ['stop:vip@n2', 'demote:db@n2 after stop:vip@n2', 'promote:db@n3 after demote:db@n2']
  for (const resource of ['db-clone', 'db'])
    for (const node of ['n1', 'n3']) {
      const found = acts(of({ ...inPlace, intents: [{ kind: 'move', resource, node }] }))
      const wanted = [...steps, 'start:vip@n3 after promote:db@n3, stop:vip@n2'].map((a) => a.replaceAll('n3', node))
      assert.equal(found.sort(), wanted.sort(), `${resource} ${node}`)
    }
  assert.equal(acts(of({ ...inPlace, intents: [{ kind: 'move', resource: 'db', node: 'n2' }] })), [])
  const off: Spec = {
    ...inPlace,
    nodes: { n1: 'alive', n2: 'alive', n3: 'silent' },
    intents: [{ kind: 'move', resource: 'db', node: 'n3' }],
  }
  assert.equal(acts(of(off)), ['fence:n3'], 'a move that cannot be is a wish among others')
  const why = says({ ...inPlace, intents: [{ kind: 'move', resource: 'db', node: 'n3' }] }, 'db', 'n3')
  assert.is(why, 'ann asked to move db-clone to n3')
})

t('a promotion waits until what has to be with it is probed: its place depends on that', () => {
  const first = [...follows, 'location: [{resource: db-clone, role: Promoted, levels: [n1, n2, n3]}]']
  const early: Spec = { config: first, nodes: three, running: { db: 'n1 n2 n3' }, rows: { 'vip@n1': { state: 'unknown' } } }
  assert.equal(acts(of(early)), [])
  assert.equal(acts(of({ ...early, rows: {} })), ['promote:db@n1', 'start:vip@n1 after promote:db@n1'])
})

t('a ban of a clone keeps its instances off one node; a plain clone cannot be moved', () => {
  const banned = acts(of({ ...inPlace, intents: [{ kind: 'ban', resource: 'db', node: 'n2' }] }))
  assert.equal(banned.sort(), [
    'demote:db@n2 after stop:vip@n2',
    'promote:db@n1 after demote:db@n2',
    'start:vip@n1 after promote:db@n1, stop:vip@n2',
    'stop:db@n2 after demote:db@n2',
    'stop:vip@n2',
  ])
  const plain = spec({ running: { db: 'n1 n2 n3', vip: 'n1' }, intents: [{ kind: 'move', resource: 'db', node: 'n2' }] })
  assert.equal(acts(of(plain)), [])
})

t('the sentences of a clone name its nodes and the promoted one; those of what follows a promoted role name that role', () => {
  for (const name of ['db', 'db-clone']) assert.is(says(inPlace, name), 'db-clone belongs on n1, n2, n3, with the promoted role on n2')
  assert.is(says(inPlace, 'db', 'n2'), 'n2 has the promoted role of db-clone')
  assert.is(says(inPlace, 'db', 'n1'), 'an instance of db-clone belongs on n1; the promoted role is on n2')
  assert.is(says(inPlace, 'vip', 'n1'), 'has to be with the promoted role of db-clone, which is on n2 (colocation-vip-db-clone)')
  const levels: Spec = { ...inPlace, config: [...follows, 'location: [{resource: db-clone, role: Promoted, levels: [n2, n1]}]'] }
  const scores = explain(viewOf(of(levels), 'x'), 'db')?.table.map((row) => `${row.name} ${row.score}`)
  assert.equal(scores, ['n1 16000', 'n2 20001', 'n3 0'])
  const standby: Spec = { ...inPlace, config: [...follows, 'nodes: {n1: {standby: true}}'] }
  assert.is(says(standby, 'db-clone'), 'db-clone belongs on n2, n3, with the promoted role on n2')
  assert.is(says(standby, 'db-clone', 'n1'), 'n1 is in standby')
  const role = (targetRole: 'Stopped' | 'Unpromoted'): Spec => ({ ...inPlace, also: { clones: [clone({ promoted: 1, targetRole })] } })
  assert.is(says(role('Stopped'), 'db-clone'), 'db is to be stopped with its clone db-clone')
  assert.is(says(role('Unpromoted'), 'db-clone'), 'db-clone belongs on n1, n2, n3, all unpromoted: its target-role is Unpromoted')
  const alone = 'vip cannot run before db-clone is promoted, and no instance of it is to be (order order-db-clone-vip)'
  assert.is(says(role('Unpromoted'), 'vip', 'n2'), alone)
  assert.is(says(spec({ running: { db: 'n1 n2 n3', vip: 'n1' } }), 'db'), 'db-clone belongs on n1, n2, n3')
  const lost: Spec = { ...inPlace, nodes: { n1: 'alive', n2: 'silent', n3: 'alive' } }
  assert.match(says(lost, 'db'), /^db waits to be promoted on n1 until n2, which has that role, is proven to be off/)
})

t.run()
