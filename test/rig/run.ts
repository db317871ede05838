/**
 * Tells stories and says how each ended. Used by the command, by the tests and by the bench. A stage keeps the lab of a story that passed for the
 * next one, where both say that they leave and take it as the usual one: every host on and online, the usual service on n1, no failures.
 */
import type { Story, Wish } from '../stories/scene.js'
import { restore, timelineOf } from '../stories/scene.js'
import type { Agents } from './configs.js'
import type { Downtime } from './downtime.js'
import { Lab } from './lab.js'

export interface Outcome {
  readonly story: string
  readonly passed: boolean
  /** Client-seen; -1 when the story failed. */
  readonly downtimeMs: number
  readonly downtime: Downtime | null
  readonly faultAt: string | null
  readonly timeline: readonly string[]
  readonly because: string | null
}

export class Stage {
  #lab: Lab | undefined
  #shape = ''

  async tell(story: Story, agents: Agents, keepOnFailure = false, wish: Wish = {}): Promise<Outcome> {
    let because: string | null = null
    try {
      const lab = await this.#fitting(story)
      const { downtime, faultAt, timeline } = await story.tell(lab, agents, wish)
      return { story: story.name, passed: true, downtimeMs: downtime.downtimeMs, downtime, faultAt, timeline, because }
    } catch (e) {
      because = e instanceof Error ? e.message : String(e)
      const lab = this.#lab
      if (lab && keepOnFailure) because += ` (logs in ${lab.dir})`
      const timeline = lab ? await timelineOf(lab) : []
      await this.close(keepOnFailure)
      return { story: story.name, passed: false, downtimeMs: -1, downtime: null, faultAt: null, timeline, because }
    }
  }

  async close(keep = false): Promise<void> {
    const lab = this.#lab
    this.#lab = undefined
    await lab?.down(keep)
  }

  async #fitting(story: Story): Promise<Lab> {
    const shape = story.usual ? JSON.stringify(story.lab) : ''
    if (this.#lab && (shape === '' || shape !== this.#shape || !(await restore(this.#lab)))) await this.close()
    this.#shape = shape
    this.#lab ??= await Lab.up(story.lab)
    return this.#lab
  }
}

/** One story in a lab of its own. */
export async function tell(story: Story, agents: Agents, keepOnFailure = false): Promise<Outcome> {
  const stage = new Stage()
  const outcome = await stage.tell(story, agents, keepOnFailure)
  await stage.close()
  return outcome
}
