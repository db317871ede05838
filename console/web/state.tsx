/** State as glyph, word and colour: readable without colour, quiet while it is well. The signs are those of the CLI, too. */
import { stateOf } from '../states.js'
import { lang } from './words.js'

export function State({ word }: { word: string }) {
  const sign = stateOf(word)
  return (
    <span class={`state ${word}`}>
      <span class="glyph" aria-hidden="true">
        {sign.glyph}
      </span>{' '}
      {sign[lang.value]}
    </span>
  )
}
