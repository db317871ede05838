/** A question on a terminal whose answer is not shown. */
import type { ReadStream } from 'node:tty'

type Keys = Pick<ReadStream, 'on' | 'off' | 'setRawMode' | 'resume' | 'pause' | 'setEncoding'>

/** The line that is typed at `keys`; undefined after Ctrl-C, or Ctrl-D on an empty line. Backspace and Ctrl-U take back. `write` shows the question only. */
export function askHidden(question: string, keys: Keys, write: (text: string) => void): Promise<string | undefined> {
  keys.setRawMode(true) // before anybody is asked: from here on the terminal shows nothing
  write(question)
  keys.setEncoding('utf8')
  keys.resume()
  return new Promise((resolve) => {
    let typed: string[] = []
    const done = (line: string | undefined): void => {
      keys.off('data', take)
      keys.setRawMode(false)
      keys.pause()
      write('\n')
      resolve(line)
    }
    const take = (text: string): void => {
      for (const key of text) {
        if (key === '\r' || key === '\n') return done(typed.join(''))
        if (key === '\x03' || (key === '\x04' && typed.length === 0)) return done(undefined)
        if (key === '\x7f' || key === '\b') typed.pop()
        else if (key === '\x15') typed = []
        else typed.push(key)
      }
    }
    keys.on('data', take)
  })
}
