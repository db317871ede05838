/** The host's cases about jobs: always answered, to the life that asked, whatever the job does. Part of host.cases.ts. */
import * as assert from 'uvu/assert'
import type { Effect, JobKind, JobResult } from '../../runtime/actor.js'
import { present } from '../../runtime/assert.js'
import { threadsMax, waitingMax } from '../../runtime/pool.js'
import { render } from '../../runtime/text/index.js'
import type { Refusal } from '../../runtime/verdict.js'
import { births, fail, got, type HostUnderTest, order, type Story } from './host.cases.js'

/** Kinds of host.jobs.ts. */
const job = (id: string, kind: string, args: unknown = null, timeoutMs = 10_000): Effect => ({
  do: 'job',
  id,
  kind: kind as JobKind,
  args,
  timeoutMs,
})

export function jobCases(story: Story): void {
  const results = (h: HostUnderTest, path: string): readonly JobResult[] =>
    got(h, path).flatMap((m) => (m.msg.type === 'job-result' ? [m.msg as unknown as JobResult] : []))
  const why = (r: JobResult | undefined): string => (r?.ok === false ? (r.value as Refusal).refused : 'ok')

  story('job: the value comes back with the id of who asked, in any order', async (h) => {
    h.send('a', order(job('one', 'echo', { deep: [1, 'two', null, new Uint8Array([3])] }), job('two', 'echo', 'x')))
    h.send('b', order(job('one', 'echo', 'of b')))
    await h.until('all are answered', () => results(h, 'a').length === 2 && results(h, 'b').length === 1)
    const one = results(h, 'a').find((r) => r.id === 'one')
    assert.equal([one?.ok, one?.value], [true, { deep: [1, 'two', null, new Uint8Array([3])] }])
    assert.is(results(h, 'a').find((r) => r.id === 'two')?.value, 'x')
    assert.is(results(h, 'b')[0]?.value, 'of b')
    assert.ok(got(h, 'a').every((m) => m.from === ''))
  })

  for (const [kind, refused, what] of [
    ['fail', 'failed', 'that throws'],
    ['spin', 'late', 'that never ends'],
    ['die', 'crashed', 'that ends its thread'],
    ['no-such', 'unknown', 'of a kind that nobody knows'],
  ] as const) {
    story(`job: one ${what} is answered with a sentence, its asker lives on, and the next one is carried out`, async (h) => {
      h.send('a', order(job('bad', kind, null, kind === 'spin' ? 400 : 20_000)))
      await h.until('it is answered', () => results(h, 'a').length === 1)
      assert.is(why(results(h, 'a')[0]), refused)
      const { because } = present(results(h, 'a')[0], 'the answer').value as Refusal
      assert.match(render('en', because.key, because.args), kind)
      h.send('a', order(job('good', 'echo', 7)))
      await h.until('the next one is answered', () => results(h, 'a').length === 2)
      assert.equal([results(h, 'a')[1]?.id, results(h, 'a')[1]?.value], ['good', 7])
      await h.settle()
      assert.equal([results(h, 'a').length, births(h, 'a')], [2, 1])
    })
  }

  story(
    'job: more than run and wait are refused at once; those that wait are answered at their limit, and then there is room',
    async (h) => {
      const many = threadsMax + waitingMax
      h.send('a', order(...Array.from({ length: many + 1 }, (_, i) => job(`${i}`, 'spin', null, 400))))
      await h.until('one is refused', () => results(h, 'a').length >= 1)
      assert.equal([results(h, 'a')[0]?.id, why(results(h, 'a')[0])], [`${many}`, 'full'])
      await h.until('all are answered', () => results(h, 'a').length === many + 1)
      assert.equal(new Set(results(h, 'a').slice(1).map(why)), new Set(['late']))
      h.send('a', order(job('good', 'echo', 7)))
      await h.until('there is room', () => results(h, 'a').length === many + 2)
      assert.ok(results(h, 'a').at(-1)?.ok)
    },
  )

  story('duty 5: a job that an earlier life asked for is not answered to the later one', async (h) => {
    h.send('a', order(job('old', 'slow')))
    h.send('a', fail)
    await h.until('it is born again', () => births(h, 'a') === 2)
    h.send('a', order(job('new', 'slow')))
    await h.until('the new life is answered', () => results(h, 'a').length >= 1)
    await h.settle()
    await h.settle()
    assert.equal(
      results(h, 'a').map((r) => r.id),
      ['new'],
    )
  })
}
