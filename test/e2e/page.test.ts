// biome-ignore-all lint/performance/useDomNodeTextContent: this is the text that the reader sees, asked by the test driver
/**
 * The page in a real browser against the real demo: what it shows, that it changes by itself when nodes die and links are cut, both languages,
 * keyboard, narrow screens. KYHA_SHOTS names a folder for screenshots.
 */
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { file, when } from '../needs.js'
import { Demo } from './demo.js'

const program = '/usr/bin/chromium'
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const waitMs = 30_000

const t = suite('page')
const it = when(t, file(program, 'chromium'))
let demo: Demo
let browser: Browser | undefined
let page: Page
/** What the page said that it should not have, and where it went. */
const errors: string[] = []
const foreign: string[] = []

async function open(url: string, more: { readonly width?: number; readonly locale?: string; readonly dark?: boolean } = {}): Promise<Page> {
  const { width = 1440, locale = 'en-GB', dark = false } = more
  const p = await (browser as Browser).newPage({ viewport: { width, height: 900 }, locale, colorScheme: dark ? 'dark' : 'light' })
  p.setDefaultTimeout(waitMs)
  p.on('pageerror', (e) => errors.push(e.message))
  p.on('console', (m) => {
    // A service or node that is away is what the page is there to show; the browser logs the refused connection itself.
    const away = /net::ERR_(CONNECTION|EMPTY|INCOMPLETE|TIMED|FAILED|SOCKET)/.test(m.text()) && /127\.0\.0\./.test(m.location().url)
    if (['error', 'warning'].includes(m.type()) && !away) errors.push(`${m.text()} ${m.location().url}`)
  })
  p.on('request', (r) => {
    const { protocol, hostname } = new URL(r.url())
    if (protocol !== 'data:' && !hostname.startsWith('127.0.0.')) foreign.push(r.url())
  })
  await p.goto(url)
  return p
}
const shot = async (name: string, p = page): Promise<void> => {
  const dir = process.env['KYHA_SHOTS']
  if (dir) await p.screenshot({ path: join(dir, `${name}.png`) })
}
const cell = (resource: string, node: string, p = page) => p.locator(`#matrix [data-resource="${resource}"][data-node="${node}"]`)
/** Waits until the text is there, in one element or its children. */
const shows = (selector: string, text: RegExp, p = page): Promise<void> =>
  p.locator(selector).filter({ hasText: text }).first().waitFor({ timeout: waitMs })

if (file(program, 'chromium') === undefined) {
  t.before(async () => {
    demo = new Demo()
    try {
      await demo.start()
      browser = await chromium.launch({ executablePath: program, args, timeout: 90_000 })
      page = await open(demo.console)
      await demo.well()
    } catch (e) {
      process.stderr.write(`${(e as Error).stack}\n`) // uvu does not say what a hook threw
      throw e
    }
  })
  t.after(async () => {
    await browser?.close()
    await demo.end()
  })
}

it('shows verdict, service, matrix, links, safety and events', async () => {
  await shows('.verdict .sentence', /^shop runs on n1; 3 of 3 nodes are online; can lose 1 more\./)
  assert.is(await page.locator('h1').innerText(), '● normal')
  assert.match(await page.title(), /^● demo: normal$/)
  for (const r of ['data', 'web']) {
    await cell(r, 'n1').and(page.locator('.active')).waitFor()
    assert.match(await cell(r, 'n1').innerText(), /● running\s*Master/)
    assert.match(await cell(r, 'n2').innerText(), /○ stopped\s*Slave 1/)
    assert.match(await cell(r, 'n3').innerText(), /○ stopped\s*Slave 2/)
  }
  await shows('#links tbody tr', /net0.*● up [\d.]+ \/ [\d.]+ ms.*● up [\d.]+ \/ [\d.]+ ms/s)
  await shows('#links tbody tr', /net1.*up.*up/s)
  await shows('#links tbody tr', /disk.*disk heartbeat disabled/s)
  await shows('.facts-list', /lab \(fence_lab\)/)
  await shows('.events li', /web/)
  await shows('#gap', /no gap|last gap/) // a loaded machine may have had one
  await page.locator('.probe rect.up').first().waitFor({ state: 'attached' })
  await shot('normal')
})

it('speaks Chinese and English, and says so to the reader’s software', async () => {
  assert.is(await page.locator('html').getAttribute('lang'), 'en')
  await page.locator('#lang').click()
  assert.is(await page.locator('html').getAttribute('lang'), 'zh-CN')
  await shows('.verdict .sentence', /shop 运行在 n1/)
  await shows('h2', /心跳链路/)
  assert.match(await cell('web', 'n1').innerText(), /运行\s*主/)
  assert.match(await cell('web', 'n2').innerText(), /备1/)
  const left = await page.locator('body').innerText()
  for (const word of ['running', 'stopped', 'Resources', 'leader', 'quorum:'])
    assert.not.ok(left.includes(word), `${word} is left in English`)
  await page.reload()
  assert.is(await page.locator('html').getAttribute('lang'), 'zh-CN', 'it is remembered')
  await shows('.verdict .sentence', /shop 运行在 n1/)
  await shot('normal-zh')
  await page.locator('#lang').click()
  assert.is(await page.locator('html').getAttribute('lang'), 'en')
})

it('everything interactive is reached with Tab, and works with Enter', async () => {
  await page.locator('body').click({ position: { x: 2, y: 2 } })
  const interactive = 'a[href], button, [tabindex="0"], input, select'
  const all = await page.locator(interactive).count()
  const reached = new Set<string>()
  await page.evaluate('document.activeElement.blur()')
  for (let i = 0; i < all + 3; i++) {
    await page.keyboard.press('Tab')
    const got = await page.evaluate(`(() => { const e = document.activeElement; const o = getComputedStyle(e);
      return e === document.body ? '' : [...document.querySelectorAll(${JSON.stringify(interactive)})].indexOf(e) + ' ' + (o.outlineStyle !== 'none') })()`)
    if (got !== '') reached.add(String(got))
  }
  assert.equal([...reached].sort(), Array.from({ length: all }, (_, i) => `${i} true`).sort(), 'each once, each with a visible focus')
  await page.locator('#theme').focus()
  const before = await page.evaluate('getComputedStyle(document.body).backgroundColor')
  await page.keyboard.press('Enter')
  assert.not.equal(await page.evaluate('getComputedStyle(document.body).backgroundColor'), before)
  assert.is(await page.locator('#theme').getAttribute('aria-pressed'), 'true')
  await shot('normal-dark')
  await page.keyboard.press('Enter')
})

it('has one first-level heading, labelled sections, and headers for every column and row', async () => {
  assert.is(await page.locator('h1').count(), 1)
  assert.is(await page.locator('section:not([aria-labelledby])').count(), 0)
  assert.is(await page.locator('th:not([scope])').count(), 0)
  assert.is(
    await page
      .locator('button:not([aria-label])')
      .evaluateAll((l) => l.filter((b) => (b as { innerText: string }).innerText.trim() === '').length),
    0,
  )
})

it('a click on a cell or row, or Enter on it, says why: the same as `kyha explain`', async () => {
  await cell('web', 'n2').locator('button').click()
  await shows('.drawer h2', /^Why\? web · n2$/)
  await shows('.drawer .sentence', /^web is not on n2: 16000 there is less than (INFINITY|\d+) on n1$/)
  await shows('.drawer .scores tbody', /n2\s*16000\s*total[\s\S]*16000\s*n2 is Slave 1 of /)
  assert.is(await page.locator('.drawer .scores tbody').count(), 1)
  await shot('why')
  await page.keyboard.press('Escape')
  await page.locator('.drawer').waitFor({ state: 'detached' })
  assert.ok(
    await cell('web', 'n2')
      .locator('button')
      .evaluate((e) => e === document.activeElement),
    'the focus is back',
  )
  await page.locator('#matrix tbody th[scope="row"] button').last().focus()
  await page.keyboard.press('Enter')
  await shows('.drawer h2', /^Why\? web$/)
  await page.locator('.drawer .scores tbody').nth(2).waitFor()
  await shows('.drawer .scores tr.chosen', /n1\s*chosen/)
  assert.ok(await page.locator('#close').evaluate((e) => e === document.activeElement))
  await page.keyboard.press('Enter')
  await page.locator('.drawer').waitFor({ state: 'detached' })
})

it('[A1] power cut of the node that runs the service: verdict, matrix, events and the gap change by themselves', async () => {
  await page.evaluate('window.mark = 1')
  await demo.well()
  assert.is((await demo.demo('kill', 'n1')).code, 0)
  await cell('web', 'n2').and(page.locator('.active')).waitFor()
  await shows(
    '.verdict.attention .sentence',
    /^shop runs on n2; n1 is fenced: .* 2 of 3 nodes are left; can lose 0 more\. Repair and start n1\. for \d+ s/,
  )
  await shows('#matrix thead th.away', /n1.*⊘ fenced/s)
  assert.match(await cell('web', 'n1').innerText(), /○ off/)
  assert.match((await cell('web', 'n1').getAttribute('class')) ?? '', /barred/)
  await shows('.events li', /n1.*(silent|fenc)/s)
  await shows('.events li', /n2 may run web/)
  await shows('.events li', /n2 resource\/web.*web started in \d+ ms/s) // what n2 alone has seen, on n3's page
  await shows('#gap', /^[\d,]+ ms last gap, at \d\d:\d\d:\d\d, n1 → n2$/)
  await page.locator('.probe rect.gap').first().waitFor({ state: 'attached' })
  const gap = Number((await page.locator('#gap strong').innerText()).replace(/\D/g, ''))
  assert.ok(gap > 0)
  await shows('.labels b', new RegExp(`^${gap.toLocaleString('en')} ms$`))
  assert.is(await page.evaluate('window.mark'), 1, 'without a reload')
  await shot('one-down')
})

it('heal: the node comes back, and nothing moves', async () => {
  await demo.demo('heal')
  await demo.well()
  await shows('.verdict.ok .sentence', /^shop runs on n2; 3 of 3 nodes are online; can lose 1 more\./)
  assert.is(await page.locator('#matrix thead th.away').count(), 0)
  assert.match((await cell('web', 'n2').getAttribute('class')) ?? '', /active/)
})

it('cut of a link: it is silent, it says since when, nothing moves; heal brings it back', async () => {
  await demo.demo('cut', '0')
  await shows('.verdict.attention .sentence', /^Link 0 to n1, n2 is silent; 1 of 2 links still carry heartbeats, and nothing moves\./)
  await shows('#links tbody tr', /net0.*✕ silent \d+ s.*✕ silent \d+ s/s)
  await shows('#links tbody tr', /net1.*up.*up/s)
  await shows('#matrix thead th', /n1.*links 1\/2/s)
  assert.match((await cell('web', 'n2').getAttribute('class')) ?? '', /active/)
  await shot('cut')
  await demo.demo('heal')
  await shows('#links tbody tr', /net0.*● up.*● up/s)
  await shows('.verdict.ok .sentence', /^shop runs on n2/)
})

it('a page whose own node loses its power goes on with another node', async () => {
  const own = await open(demo.consoleOf('n2'))
  await shows('.facts', /view of n2.*live/s, own)
  await own.evaluate('window.mark = 1')
  await demo.demo('kill', 'n2')
  await shows('.facts', /view of n[13].*live/s, own)
  await shows('.verdict.attention .sentence', /n2 is fenced/, own)
  await cell('web', 'n1', own).and(own.locator('.active')).waitFor()
  await shows('.events li', /n1 may run web/, own)
  assert.is(await own.evaluate('window.mark'), 1)
  await own.close()
})

it('a side without quorum says so, and claims nothing about what it cannot see', async () => {
  await demo.demo('kill', 'n1')
  await shows('.verdict.danger .sentence', /^No quorum on this side: 1 of 3 votes, 2 needed\./)
  const text = await page.locator('body').innerText()
  assert.not.match(text, /does not run although|\d of \d resources run|runs nowhere/)
  assert.match(text, /not known here whether it runs/)
  await shot('minority')
  await demo.demo('heal')
  await demo.well()
  await shows('.verdict.ok .sentence', /^shop runs on n\d; 3 of 3/)
})

it('a narrow screen shows the same by node, and never scrolls sideways', async () => {
  for (const locale of ['en-GB', 'zh-CN']) {
    const small = await open(demo.console, { width: 390, locale })
    await small.locator('.bynode').waitFor()
    await cell('web', 'n1', small).waitFor()
    assert.is(await small.locator('table#matrix').count(), 0)
    await small.locator('.events li').first().waitFor()
    assert.ok(Number(await small.evaluate('document.scrollingElement.scrollWidth')) <= 390, locale)
    const low = await small.locator('button').evaluateAll((l) => l.filter((b) => (b as { offsetHeight: number }).offsetHeight < 44).length)
    assert.is(low, 0, 'buttons fit a finger')
    await shot(`narrow-${locale}`, small)
    await small.close()
  }
})

it('a page that reaches no node any more calls nothing normal', async () => {
  await demo.demo('stop')
  await shows('.verdict.stale .sentence', /^Last known: shop runs on/)
  assert.is(await page.locator('h1').innerText(), '? out of date')
  await shows('.facts', /connection to this node lost, trying again for \d+ s/)
  assert.is(await page.locator('main.stale').count(), 1)
  await shot('lost')
})

it('no error in the browser’s console, and no request left 127.0.0.0/24', () => {
  assert.equal(errors, [])
  assert.equal(foreign, [])
})

t.run()
