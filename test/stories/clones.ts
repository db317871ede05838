/**
 * A promotable clone on real hosts, with an address that follows its promoted role and a plain clone of nginx behind it. All the while the state
 * files of all hosts are looked at: never do two say promoted.
 */
import type { ResourceView, StatusView } from '../../console/api/views.js'
import { width } from '../../console/cli/terminal.js'
import type { Agents } from '../rig/configs.js'
import { addressAndNginx } from '../rig/configs.js'
import type { Lab } from '../rig/lab.js'
import { allOnline, check, homeOf, inOrder, type Story, stateOf, type Told, timelineOf, watched } from './scene.js'

const stateFile = '/run/db.state'
const columns = 80

/** The usual address, nginx and fence device; the two in a group become an address and a clone. */
export function promotable(lab: Lab, agents: Agents, targetRole = 'Started'): string {
  const clones = `clones:
  - {name: db-clone, resource: db, promoted: 1, notify: true, meta: {target-role: ${targetRole}}}
  - {name: web, resource: nginx}
colocation:
  - {resource: vip, with: db-clone, with-role: Promoted}
order:
  - {first: db-clone, first-action: promote, then: vip}
`
  return addressAndNginx(lab, agents)
    .replace(
      'resources:\n',
      `resources:\n  - {name: db, agent: 'kyha:Stateful', params: {state: ${stateFile}}, ops: {monitor: {interval: 10s}}}\n`,
    )
    .replace(/groups:\n.*\n/, clones)
    .replace('{resource: web, levels:', '{resource: db-clone, role: Promoted, levels:')
}

const db = (s: StatusView): ResourceView | undefined => s.resources.find((r) => r.name === 'db')
const promotedOn = (s: StatusView): string | undefined => db(s)?.cells.find((c) => c.state === 'promoted')?.node
const runsOn = (s: StatusView): string => db(s)?.nodes.join(' ') ?? ''
/** Instances on `nodes`, one of them promoted (`on`, where it is said), and the address beside it. */
const inPlace =
  (nodes: string, on?: string) =>
  (s: StatusView): boolean => {
    const promoted = promotedOn(s)
    return promoted !== undefined && (on ?? promoted) === promoted && runsOn(s) === nodes && homeOf(s, 'vip') === promoted
  }

/** What the state files say, looked at again and again; two at a time are looked at twice, since one look is not one moment. */
class Roles {
  readonly seen: string[] = []
  readonly both: string[] = []
  readonly #now = new Map<string, string>()
  readonly #timer: NodeJS.Timeout
  constructor(readonly lab: Lab) {
    this.#timer = setInterval(() => this.#look(), 2)
  }
  role(name: string): string {
    return this.lab.host(name).look(stateFile)?.trim() ?? 'none'
  }
  #look(): void {
    const promoted: string[] = []
    for (const { name } of this.lab.hosts) {
      const role = this.role(name)
      if (role === 'promoted') promoted.push(name)
      if (role !== (this.#now.get(name) ?? 'none')) this.seen.push(`${name} ${role}`)
      this.#now.set(name, role)
    }
    if (promoted.length > 1 && promoted.every((name) => this.role(name) === 'promoted')) this.both.push(promoted.join(' and '))
  }
  end(): void {
    clearInterval(this.#timer)
  }
}

/** What the instances that ran throughout were notified of, in this order: the agent writes it down. */
function notified(lab: Lab, names: readonly string[], ...steps: readonly string[]): void {
  for (const name of names) {
    const lines = (lab.host(name).look(`${stateFile}.told`) ?? '').split('\n')
    inOrder(
      lines,
      steps.map((step) => new RegExp(`^${step}`)),
    )
  }
}

/** What hosts have said since then. */
const since = async (lab: Lab, at: string): Promise<string[]> => (await timelineOf(lab)).filter((line) => line >= at)
const now = (): string => new Date().toISOString()

/** As an operator sees it in the smallest window. */
async function statusOf(lab: Lab, name: string, promoted: string): Promise<void> {
  const said = await lab.host(name).ok(`COLUMNS=${columns} kyha status`)
  const wide = said.split('\n').filter((line) => width(line) > columns)
  check(wide.length === 0, `kyha status keeps to ${columns} columns: ${wide.join('; ')}`)
  const places = lab.hosts.map((h) => (h.name === promoted ? `${h.name}\\*` : h.name)).join(' ')
  for (const row of [new RegExp(`^db-clone/db .* promoted +${places} `, 'm'), new RegExp(`^vip .* running +${promoted} `, 'm')])
    check(row.test(said), `kyha status shows ${row}: ${said}`)
  const why = await lab.host(name).ok('kyha explain db-clone')
  check(why.includes(`with the promoted role on ${promoted}`), `kyha explain db-clone says it: ${why}`)
}

async function begin(lab: Lab, agents: Agents): Promise<void> {
  const at = now()
  await lab.configure(promotable(lab, agents))
  await lab.until('all run, one promoted, the address beside it', 40_000, (s) => inPlace('n1 n2 n3', 'n1')(s) && webOn(s) === 3)
  inOrder(await since(lab, at), [/n1 may promote db/, /n1 resource\S*: db promoted/, /n1 resource\S*: vip started/])
  await statusOf(lab, 'n3', 'n1')
}
const webOn = (s: StatusView): number => s.resources.find((r) => r.name === 'nginx')?.nodes.length ?? 0

/** The promoted node loses its power: it is fenced before another one is promoted, and the address comes after that. */
async function powerOff(lab: Lab, roles: Roles): Promise<Told> {
  const told = await watched(lab, {
    fault: async () => void (await lab.power('n1', 'crash')),
    after: (s) => stateOf(s, 'n1') === 'fenced' && inPlace('n2 n3')(s),
  })
  const taker = promotedOn((await lab.status()) as StatusView) ?? ''
  check(told.downtime.owners.join() === `n1,${taker}`, `${taker} serves after n1: ${told.downtime.owners.join()}`)
  const promoted = new RegExp(`${taker} resource\\S*: db promoted`)
  inOrder(told.timeline, [/n1 silent/, /n1 is confirmed dead/, new RegExp(`${taker} may promote db`), promoted, /vip started/])
  notified(lab, ['n2', 'n3'], 'post demote: n1', 'post stop: n1', `pre promote: ${taker}`, `post promote: ${taker} \\(promoted:  \\)`)
  await lab.power('n1', 'on')
  await lab.until('n1 is back', 30_000, (s) => allOnline(s) && inPlace('n1 n2 n3', taker)(s))
  check(roles.role('n1') === 'unpromoted', `it is unpromoted there: ${roles.role('n1')}`)
  return told
}

/** Everything leaves the promoted node in order: the address, the role, the instance; the role passes on after its demotion. */
async function standby(lab: Lab, roles: Roles): Promise<void> {
  const from = promotedOn((await lab.status()) as StatusView) ?? ''
  const others = lab.hosts.map((h) => h.name).filter((name) => name !== from)
  const at = now()
  await lab.host(others[0] ?? '').ok(`kyha node standby ${from}`)
  const s = await lab.until('another is promoted', 30_000, (view) => inPlace(others.join(' '))(view))
  const to = promotedOn(s) ?? ''
  const lines = await since(lab, at)
  const on = (node: string, what: string): RegExp => new RegExp(`${node} resource\\S*: ${what}`)
  inOrder(lines, [on(from, 'vip stopped'), on(from, 'db demoted'), on(from, 'db stopped')])
  inOrder(lines, [on(from, 'db demoted'), new RegExp(`${to} may promote db`), on(to, 'db promoted'), on(to, 'vip started')])
  notified(lab, others, `pre demote: ${from} \\(promoted: ${from}\\)`, `post demote: ${from}`, `pre promote: ${to}`, `post promote: ${to}`)
  check(roles.role(from) === 'none', `nothing is left on ${from}: ${roles.role(from)}`)
  await lab.host(to).ok(`kyha node online ${from}`)
  await lab.until('an instance on each node again', 30_000, inPlace('n1 n2 n3', to))
}

/** The clone is to be stopped: what stands on it first, then the role, then its instance. */
async function stopped(lab: Lab, roles: Roles, agents: Agents): Promise<void> {
  const from = promotedOn((await lab.status()) as StatusView) ?? ''
  const at = now()
  const n2 = lab.host('n2')
  await n2.ok(`cat >/run/db.yaml <<'END'\n${promotable(lab, agents, 'Stopped')}END\nkyha config apply /run/db.yaml`)
  await lab.until('all stopped', 30_000, (s) => runsOn(s) === '' && homeOf(s, 'vip') === null && webOn(s) === 3)
  const own = (what: string): RegExp => new RegExp(`${from} resource\\S*: ${what}`)
  inOrder(await since(lab, at), [own('vip stopped'), own('db demoted'), own('db stopped')])
  const left = lab.hosts.filter((h) => roles.role(h.name) !== 'none').map((h) => h.name)
  check(left.length === 0, `no state file is left: ${left.join()}`)
}

async function clonesStory(lab: Lab, agents: Agents): Promise<Told> {
  const roles = new Roles(lab)
  try {
    await begin(lab, agents)
    const told = await powerOff(lab, roles)
    await standby(lab, roles)
    await stopped(lab, roles, agents)
    check(roles.both.length === 0, `two were promoted at once: ${roles.both[0]}`)
    const promotions = roles.seen.filter((line) => line.endsWith(' promoted'))
    check(promotions.length === 3, `three promotions, each seen: ${roles.seen.join(', ')}`)
    const timeline = await timelineOf(lab)
    const dead = timeline.filter((line) => /is confirmed dead/.test(line))
    check(dead.length === 1, `nobody is fenced but who lost its power: ${dead.join('; ')}`)
    return { ...told, timeline }
  } finally {
    roles.end()
  }
}

export const clones: readonly Story[] = [
  {
    name: 'clones',
    about: 'a promotable clone: power off, standby and stop of the promoted node; never two promoted, the address follows the role',
    lab: { hosts: 3 },
    tell: clonesStory,
  },
]
