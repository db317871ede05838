/** Durations, booleans and scores in all their spellings. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseBoolean, parseDuration, parseScore, printDuration, printScore } from '../../../runtime/config/values.js'

const t = suite('config: values')

t('durations', () => {
  const good: Readonly<Record<string, number>> = {
    '500ms': 500,
    '10s': 10_000,
    '10': 10_000,
    '5min': 300_000,
    '5m': 300_000,
    '1h': 3_600_000,
    '2d': 172_800_000,
    '1.5s': 1500,
    '0': 0,
    '10 s': 10_000,
    PT10S: 10_000,
    PT1M30S: 90_000,
    'PT0.25S': 250,
    P1D: 86_400_000,
    P1DT2H: 93_600_000,
    pt5m: 300_000,
    '10SEC': 10_000,
  }
  for (const [text, ms] of Object.entries(good)) assert.is(parseDuration(text), ms, text)
  for (const text of ['', 's', '-5s', '5 fortnights', 'PT', 'P', '1h30m', '1e3', '٣s', '5us', 'P1Y', '99999999999999s'])
    assert.is(parseDuration(text), undefined, text)
})

t('a printed duration reads back as the same', () => {
  for (const ms of [0, 1, 999, 1000, 1500, 60_000, 61_000, 3_600_000, 86_400_000, 90_061_001])
    assert.is(parseDuration(printDuration(ms)), ms)
  assert.equal([500, 10_000, 300_000, 3_600_000].map(printDuration), ['500ms', '10s', '5min', '1h'])
})

t('booleans as Pacemaker spells them', () => {
  for (const text of ['true', 'on', 'yes', 'y', '1', 'True', 'ON']) assert.is(parseBoolean(text), true, text)
  for (const text of ['false', 'off', 'no', 'n', '0', 'OFF']) assert.is(parseBoolean(text), false, text)
  for (const text of ['', '2', 'maybe', 'tru']) assert.is(parseBoolean(text), undefined, text)
})

t('scores', () => {
  const good: Readonly<Record<string, number>> = {
    '0': 0,
    '-0': 0,
    '100': 100,
    '-5': -5,
    '+7': 7,
    INFINITY: 1e6,
    '-INFINITY': -1e6,
    '+infinity': 1e6,
    '9999999': 1e6,
    '-9999999': -1e6,
  }
  for (const [text, score] of Object.entries(good)) {
    assert.is(parseScore(text), score, text)
    assert.is(parseScore(String(printScore(score))), score, text)
  }
  for (const text of ['', '1.5', 'many', '--1', '1e3']) assert.is(parseScore(text), undefined, text)
})

t.run()
