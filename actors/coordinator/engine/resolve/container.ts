/**
 * The parameters that the cluster itself gives a bundle's container and address, in the words of the agents that run them. Histories keep a digest
 * of these, so a changed bundle shows as a changed definition: what stands here, and its order, must be what the field's own manager writes.
 */
import type { BundleSpec, ResourceSpec, ValueSet } from '../scene.js'

export interface ContainerOf {
  readonly bundle: ResourceSpec
  readonly offset: number
  readonly address: string | undefined
  readonly hosts: string // entries for every replica's name, where the bundle has addresses
  readonly inside: boolean // something runs in it
}

const remotePort = '3121'
const keyFile = '/etc/pacemaker/authkey'
const remoteServer = '/usr/sbin/pacemaker-remoted'

const set = (id: string, values: readonly (readonly [string, string | undefined])[]): ValueSet => ({
  id,
  score: 0,
  values: values.flatMap(([k, v]) => (v === undefined ? [] : [[k, v] as const])),
})

/** Of an address resource. */
export function addressParams(id: string, bundle: BundleSpec, ip: string): ValueSet {
  const { network } = bundle
  return set(`${id}-attributes`, [
    ['ip', ip],
    ['nic', network['host-interface']],
    ['cidr_netmask', network['host-netmask'] ?? '32'],
  ])
}

/** Name and address of every replica, as the container's options spell them. */
export function hostEntries(bundle: ResourceSpec, addresses: readonly string[]): string {
  if (bundle.bundle?.network['add-host'] === 'false') return ''
  const rkt = bundle.bundle?.technology === 'rkt'
  return addresses.map((ip, i) => (rkt ? ` --hosts-entry=${ip}=${bundle.id}-${i}` : ` --add-host=${bundle.id}-${i}:${ip}`)).join('')
}

/** Of a container. */
export function containerParams(c: ContainerOf): ValueSet {
  const { bundle, offset } = c
  const settings = bundle.bundle?.settings ?? {}
  const mounts = mountsOf(c)
  return set(`${bundle.id}-attributes-${offset}`, [
    ['image', settings.image],
    ['allow_pull', 'true'],
    ['force_kill', 'false'],
    ['reuse', 'false'],
    ['run_opts', runOptions(c, mounts)],
    ['mount_points', mounts.flatMap((m) => (m.own ? [m.source] : [])).join(',')],
    ['run_cmd', settings['run-command'] ?? (c.inside ? remoteServer : undefined)],
    ['monitor_cmd', c.inside || settings['run-command'] ? '/bin/true' : undefined],
  ])
}

interface Mount {
  readonly source: string
  readonly target: string
  readonly options: string | undefined
  readonly own: boolean // a directory of this replica's own
}

function mountsOf({ bundle, offset, inside }: ContainerOf): Mount[] {
  const own = (root: string): string => `${root}/${bundle.id}-${offset}`
  const given = (bundle.bundle?.storage ?? []).map((s): Mount => {
    const root = s['source-dir-root']
    return {
      source: root === undefined ? (s['source-dir'] ?? '') : own(root),
      target: s['target-dir'] ?? '',
      options: s.options,
      own: root !== undefined,
    }
  })
  if (!inside) return given
  return [
    ...given,
    { source: keyFile, target: keyFile, options: undefined, own: false },
    { source: own('/var/log/pacemaker/bundles'), target: '/var/log', options: undefined, own: true },
  ]
}

function runOptions(c: ContainerOf, mounts: readonly Mount[]): string {
  const { bundle, offset, address, inside } = c
  const { settings = {}, network = {}, ports = [], technology = 'docker' } = bundle.bundle ?? {}
  const control = network['control-port'] ?? remotePort
  const mapped = [
    ...ports.map((p) => ({ from: p.port ?? p.range ?? '', to: p.port === undefined ? (p.range ?? '') : (p['internal-port'] ?? p.port) })),
    ...(inside ? [{ from: control, to: control }] : []),
  ]
  return [
    technology === 'docker' ? ' --restart=no' : '',
    network['ip-range-start'] === undefined ? '' : ` -h ${bundle.id}-${offset}`,
    ' -e PCMK_stderr=1',
    settings.network === undefined ? '' : ` --net=${settings.network}`,
    ` -e PCMK_remote_port=${control}`,
    ...mounts.map((m) => ` -v ${m.source}:${m.target}${m.options === undefined ? '' : `:${m.options}`}`),
    ...mapped.map((p) =>
      address !== undefined ? ` -p ${address}:${p.from}:${p.to}` : settings.network === 'host' ? '' : ` -p ${p.from}:${p.to}`,
    ),
    settings.options === undefined ? '' : ` ${settings.options}`,
    ` ${c.hosts}`,
  ].join('')
}
