/** Registers stories as tests, with stock agents. Stories of one file that need the same hosts share a lab while they leave it in order. */
import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import { file, program, root, when } from '../needs.js'
import { Stage } from '../rig/run.js'
import { stories } from './index.js'

export function storyTests(t: Test): (name: string, story: string) => void {
  const needs = [root(), program('ip'), program('nginx'), file('/usr/lib/ocf/resource.d/heartbeat/IPaddr2', 'resource-agents')]
  const able = when(t, ...needs)
  const stage = new Stage()
  t.after(() => stage.close())
  return (name, wanted) =>
    able(name, async () => {
      const story = stories.find((s) => s.name === wanted)
      assert.ok(story, `story ${wanted}`)
      if (!story) return
      const outcome = await stage.tell(story, 'stock')
      assert.ok(outcome.passed, `${outcome.because}\n${outcome.timeline.slice(-40).join('\n')}`)
    })
}
