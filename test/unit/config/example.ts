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
