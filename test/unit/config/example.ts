/** The operator's document that the manual shows. */
export const EXAMPLE = `
apiVersion: kyha/v1
name: shop
properties:
  no-quorum-policy: stop
  fencing-enabled: true
  fencing-action: off
  resource-stickiness: 1
  maintenance-mode: false
  symmetric-cluster: true
  stop-all-resources: false
  start-failure-is-fatal: true
  startup-fencing-delay: 20s
quorum: {tie-break: n1}
nodes:
  n1: {standby: false, maintenance: false, attributes: {rack: a}}
  n2: {}
  n3: {standby: on}
resources:
  - name: vip
    agent: ocf:heartbeat:IPaddr2
    params: {ip: 10.0.0.100, cidr_netmask: 24}
    meta: {migration-threshold: 3, failure-timeout: 60s, resource-stickiness: 100, target-role: Started, is-managed: true, priority: 0}
    ops: {start: {timeout: 20s}, stop: {timeout: 20s}, monitor: {interval: 10s, timeout: 20s, on-fail: restart}}
  - {name: nginx, agent: "ocf:heartbeat:nginx", ops: {monitor: [{interval: 5s}, {interval: 60s, depth: 10}]}}
  - {name: a, agent: "kyha:http"}
  - {name: b, agent: "systemd:b@1.service", ops: {monitor: {interval: 1s}}}
groups: [{name: web, members: [vip, nginx]}]
location: [{resource: web, levels: [n1, n2, n3]}, {id: keep-off, resource: vip, node: n3, score: -INFINITY}]
colocation: [{resource: a, with: b, score: INFINITY}]
order: [{first: a, then: b, kind: Mandatory, symmetrical: true}]
fencing: [{name: lab, agent: fence_lab, params: {socket_dir: /x}, hosts: {n1: n1, n2: n2, n3: n3}, level: 1, timeout: 20s, delay: 0s}]
`

/** The same for clones, pools, rules, capacities and health: every word of them. */
export const EXAMPLE_CLONES = `
apiVersion: kyha/v1
name: many
properties:
  placement-strategy: balanced
  batch-limit: 20
  node-action-limit: 4
  node-health: {strategy: progressive, red: -INFINITY, yellow: -100, green: 0, base: 10, safety: false}
nodes:
  n1: {utilization: {cpu: 8, memory: 16384}, attributes: {rack: a, '#health-disk': yellow}}
  n2: {utilization: {cpu: 8}}
  n3: {}
  n4: {}
  n5: {}
resources:
  - name: db
    agent: 'kyha:Stateful'
    utilization: {cpu: 2}
    meta: {critical: false}
    ops:
      promote: {timeout: 90s}
      demote: {timeout: 60s, on-fail: block}
      notify: {timeout: 45s}
      monitor: [{interval: 10s, role: Promoted}, {interval: 11s, role: Unpromoted}]
  - {name: vip, agent: 'kyha:IPaddr2', ops: {monitor: {interval: 10s}}}
  - {name: web, agent: 'kyha:http', ops: {monitor: {interval: 10s}}}
  - {name: disk, agent: 'kyha:Dummy', ops: {monitor: {interval: 10s}}}
  - {name: files, agent: 'kyha:Dummy', ops: {monitor: {interval: 10s}}}
  - {name: shop, agent: 'kyha:Dummy', ops: {monitor: {interval: 10s}}}
  - {name: mail, agent: 'kyha:Dummy', ops: {monitor: {interval: 10s}}}
groups: [{name: store, members: [disk, files]}]
clones:
  - {name: db-clone, resource: db, promoted: 1, max: 3, min: 1, ordered: true, interleave: false, notify: true, meta: {target-role: Unpromoted}}
  - {name: store-clone, resource: store}
pools:
  - {name: spare, resources: [shop, mail], standby: [n4, n5], choose: least-loaded, exclusive: true}
location:
  - {resource: db-clone, role: Promoted, node: n1, score: 100}
  - {pattern: '^web', node: n2, score: 50}
  - {pattern: '^(shop|mail)$', levels: [n1, n2]}
  - resource: shop
    score: -INFINITY
    rule:
      any:
        - {attribute: rack, op: ne, value: a, type: string}
        - {date: in_range, start: '2026-12-24', end: '2026-12-27'}
        - {date: date_spec, spec: {hours: 9-16, weekdays: 1-5}}
        - {all: [{attribute: '#uname', op: defined}, {date: lt, end: 2026-360}, {date: gt, start: '2026-W01-1 12:00:00+01:00'}]}
colocation:
  - {resource: vip, with: db-clone, with-role: Promoted, score: INFINITY}
  - {resource: db-clone, role: Unpromoted, with: store-clone, score: 10}
  - {resource: web, with: vip, node-attribute: rack, influence: false}
order:
  - {first: db-clone, first-action: promote, then: vip}
  - {first: vip, then: web, first-action: start}
  - {first: store-clone, then: web, require-all: false}
  - {first: store-clone, then: db-clone, then-action: promote}
`
