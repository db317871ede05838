/**
 * README's "Install on real hosts", word by word: the commands and the configuration are read from README.md and run on three bare hosts, so
 * that the page cannot rot. The built tree under test stands where the clone and its build would have put it.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../runtime/paths.js'
import type { Lab } from '../rig/lab.js'
import { allOnline, check, inOrder, type Story, serves, stateOf, type Told, watched } from './scene.js'

const cloneAndBuild = 'git clone <this repository> /opt/kyha && cd /opt/kyha && npm install && npm run build'

export interface Page {
  /** Title (host) and command lines of each part. */
  readonly parts: readonly { readonly host: string; readonly lines: readonly string[] }[]
  readonly yaml: string
}

/** The section's two fenced blocks. */
export function readInstallPage(markdown: string): Page {
  const section = markdown.split(/^## /m).find((s) => s.startsWith('Install on real hosts')) ?? ''
  const [commands = '', yaml = ''] = [...section.matchAll(/^```(?:yaml)?\n([\s\S]*?)^```$/gm)].map((m) => m[1] as string)
  const parts = commands
    .split(/^# /m)
    .filter((p) => p.trim() !== '')
    .map((part) => {
      const [title = '', ...lines] = part.split('\n').map((l) => l.replace(/\s+# .*$/, '').trim())
      return { host: title.split(',')[0] as string, lines: lines.filter((l) => l !== '') }
    })
  return { parts, yaml }
}

const password = 'as typed on each host'

/** In place of the hosts' BMCs: what asks 10.9.0.N with the password reaches the switch of nN. */
const bmc = (lab: Lab): string => `#!/bin/sh
action=status plug=none known=no
while read -r line; do
  case $line in
  action=*) action=\${line#*=} ;;
  ip=10.9.0.*) plug=n\${line##*.} ;;
  password='${password}') known=yes ;;
  esac
done
[ $known = yes ] || exit 1
printf 'action=%s\\nplug=%s\\nsocket_dir=%s\\n' "$action" "$plug" '${join(lab.dir, 'power')}' | /usr/sbin/fence_lab
`

async function follow(lab: Lab, { parts, yaml }: Page): Promise<void> {
  const codes: Record<string, string> = {}
  for (const { host, lines } of parts) {
    const hosts = host === 'each host' ? lab.hosts : [lab.host(host === 'any of them' ? 'n2' : host)]
    for (const h of hosts) {
      for (const line of lines) {
        if (line === cloneAndBuild) {
          await h.ok('test -x /opt/kyha/dist/native/guard && test -d /opt/kyha/node_modules')
          continue
        }
        if (host === 'any of them') writeFileSync(join(h.dir, 'etc', 'shop.yaml'), yaml)
        const typed = line.startsWith('kyha secret set') ? `echo '${password}' | ` : ''
        const said = await h.ok(`cd /etc/kyha && ${typed}${line.replace('CODE', codes[h.name] ?? 'CODE')}`)
        const [, code, forNode] = said.match(/kyha join (\S+) --node (\S+)/) ?? []
        if (code && forNode) codes[forNode] = code
      }
    }
    if (/^n\d$/.test(host)) await lab.until(`${host} online`, 20_000, (s) => stateOf(s, host) === 'online')
  }
}

async function install(lab: Lab): Promise<Told> {
  const page = readInstallPage(readFileSync(join(root, 'README.md'), 'utf8'))
  check(
    page.parts.map((p) => p.host).join() === 'each host,n1,n2,n3,each host,any of them',
    `the parts of the page: ${page.parts.map((p) => p.host)}`,
  )
  check(page.parts[0]?.lines[0] === cloneAndBuild, `the page begins with ${cloneAndBuild}`)
  await follow(lab, page)
  await lab.until('three voters', 20_000, (s) => s.quorum.votesTotal === 3 && allOnline(s))
  await lab.until('the service on n1', 40_000, (s) => serves(s, 'n1'))
  const told = await watched(lab, {
    fault: async () => void (await lab.power('n1', 'crash')),
    after: (s) => stateOf(s, 'n1') === 'fenced' && serves(s, 'n2'),
  })
  check(told.downtime.owners.join() === 'n1,n2', `n2 takes over from n1: ${told.downtime.owners}`)
  inOrder(told.timeline, [/n1 silent/, /n1 is confirmed dead by bmc-n1/, /n2 may run nginx/, /nginx started/])
  await lab.power('n1', 'on')
  await lab.until('n1 back, by itself', 40_000, (s) => allOnline(s) && serves(s, 'n2'))
  return told
}

export const installs: readonly Story[] = [
  {
    name: 'install',
    about: 'README: from bare hosts to a protected nginx by its very commands, then a power-off',
    lab: {
      hosts: 3,
      members: 0,
      prepare(lab) {
        for (const h of lab.hosts) {
          writeFileSync(join(h.dir, 'sbin', 'fence_ipmilan'), bmc(lab))
          chmodSync(join(h.dir, 'sbin', 'fence_ipmilan'), 0o755)
        }
      },
    },
    tell: install,
  },
]
