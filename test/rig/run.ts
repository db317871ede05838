/** Tells one story in a lab of its own and says how it ended. Used by the command, by the tests and by the bench. */
import type { Agents } from './configs.js'
import type { Downtime } from './downtime.js'
import { Lab } from './lab.js'
import type { Story } from './stories.js'

export interface Outcome {
  readonly story: string
  readonly passed: boolean
  readonly downtimeMs: number
  readonly downtime: Downtime | null
  readonly timeline: readonly string[]
  readonly because: string | null
}

export async function tell(story: Story, agents: Agents, keepOnFailure = false): Promise<Outcome> {
  let lab: Lab | undefined
  let because: string | null = null
  try {
    lab = await Lab.up({ hosts: story.hosts })
    const told = await story.tell(lab, agents)
    return {
      story: story.name,
      passed: true,
      downtimeMs: told.downtime.downtimeMs,
      downtime: told.downtime,
      timeline: told.timeline,
      because,
    }
  } catch (e) {
    because = e instanceof Error ? e.message : String(e)
    if (lab && keepOnFailure) because += ` (logs in ${lab.dir})`
    return { story: story.name, passed: false, downtimeMs: -1, downtime: null, timeline: lab ? await eventsOf(lab) : [], because }
  } finally {
    await lab?.down(keepOnFailure && because !== null)
  }
}

async function eventsOf(lab: Lab): Promise<string[]> {
  const s = await lab.status()
  if (!s) return ['no node answered']
  return (await lab.events()).map((e) => `${e.at} ${e.node} ${e.actor}: ${e.sentence.text.en}`)
}
