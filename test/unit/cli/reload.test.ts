/** `kyha config plan` of other parameters: what would be reloaded is said as such in both languages, and as nothing that is interrupted. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { becomes } from '../../api/client.js'
import { ApiNode, config, World } from '../../api/node.js'
import { kyha } from './bench.js'

const t = suite<{ node: ApiNode; plan: (params: string, lang: string) => Promise<string> }>('cli reload')
t.before(async (c) => {
  c.node = await new ApiNode(new World(), 'n1').start()
  await becomes(async () => (await c.node.call('/status')).json.resources?.length === 2)
  c.plan = async (params, lang) => {
    const file = join(c.node.dir, 'shop.yaml')
    writeFileSync(file, ['apiVersion: kyha/v1', 'name: test', ...config].join('\n').replace('meta: {', `params: {${params}}, meta: {`))
    const { code, out, err } = await kyha(c.node.socket, ['config', 'plan', file, '--lang', lang], { LANG: 'C.UTF-8' })
    assert.equal([code, err], [0, ''])
    return out.replace(/\s+/g, ' ')
  }
})
t.after((c) => c.node.end())

t('a reload is a step of its own, without an interruption; a restart is none', async ({ plan }) => {
  const en = await plan('fake: other', 'en')
  assert.match(en, / web takes fake over while it runs on n1, without an interruption, as its agent here says/)
  assert.not.match(en, /no action|is interrupted/)
  assert.match(await plan('fake: other', 'zh'), /web 将在 n1 上重新加载 fake，不中断服务/)
  const restart = await plan('fake: other, state: /run/web', 'en')
  assert.not.match(restart, /takes fake/)
  assert.match(restart, /web is interrupted/)
})

t.run()
