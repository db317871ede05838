/** Forms the cluster of a lab as its users do, by the commands of README.md and nothing else. */
import { Exit } from '../../console/cli/exit.js'
import type { Lab } from './lab.js'
import type { Machine } from './machine.js'
import { addressOf, type Family } from './net.js'

export const linkOption = (lab: Lab, host: string, family: Family): string =>
  Array.from({ length: lab.wiring.links }, (_, l) => addressOf(lab.wiring, host, l, family)).join(',')

export async function form(lab: Lab, family: Family): Promise<void> {
  const [first, ...others] = lab.members
  const count = lab.members.length
  if (!first) throw new Error('a cluster needs a host')
  await first.ok(`kyha cluster create rig --node ${first.name} --link ${linkOption(lab, first.name, family)}`)
  await first.ok('kyha cluster start')
  await Promise.all(others.map((h) => join(lab, h.name, family)))
  await lab.until('every host online with its vote', 30_000, (s) => {
    const votes = s.nodes.every((n) => n.state === 'online' && n.votes === 1)
    return s.nodes.length === count && votes && s.quorum.votesTotal === count
  })
}

const again: readonly number[] = [Exit.indeterminate, Exit.disconnected, Exit.tempFail, Exit.noLeader, Exit.noQuorum, Exit.timeout]

/** A code from the first host, the join and the start on the new one. */
export async function join(lab: Lab, name: string, family: Family): Promise<void> {
  const first = lab.hosts[0] as Machine
  const host = lab.host(name)
  for (let tries = 1; ; tries++) {
    const given = await first.run(`kyha node add --name ${name} -o json`)
    const code = given.code === 0 ? (JSON.parse(given.out) as { code: string }).code : ''
    const said = code === '' ? given : await host.run(`kyha join ${code} --node ${name} --link ${linkOption(lab, name, family)}`)
    if (said.code === 0) break
    // On a machine that is busy beyond measure kyhad may be restarted in between; then do as the message says.
    if (!again.includes(said.code) || tries === 5) throw new Error(`${name} does not join: ${said.err}`)
    await lab.until('an answer from the first host', 20_000, (s) => s.quorate)
    await first.run(`kyha node remove ${name}`)
  }
  await host.ok('kyha cluster start')
}
