/** The one error of the store: refused at open, or a write that did not become durable. Its message is the English sentence. */

import type { TextKey } from '../text/index.js'
import { render } from '../text/index.js'
import type { Verdict } from '../verdict.js'
import { verdict } from '../verdict.js'

export class StoreError extends Error {
  override readonly name = 'StoreError'
  constructor(
    readonly because: Verdict,
    /** True: no space; nothing of the call was kept and it may be tried again. False: this store can no longer be trusted. */
    readonly full: boolean,
  ) {
    super(render('en', because.key, because.args))
  }
}

/** A store that may not be opened as it stands. Nothing on disk was changed. */
export const refused = (key: TextKey, args: Readonly<Record<string, string | number>>): StoreError =>
  new StoreError(verdict('refuse', key, args, 'error'), false)

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : error instanceof Error
      ? error.message
      : String(error)

export const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error))
