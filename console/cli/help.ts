/** `--help` in the reader's language, folded to the window: the command tree's English descriptions are looked up in runtime/text/help.ts. */
import { type Command, Help, type HelpConfiguration, type Option } from 'commander'
import { help } from '../../runtime/text/help.js'
import type { Lang } from '../../runtime/text/index.js'
import { fold, type Terminal, width } from './terminal.js'

const byEnglish = new Map<string, string>(Object.values(help).map(({ en, zh }) => [en, zh]))
export const inLanguage = (lang: Lang, english: string): string => (lang === 'zh' ? (byEnglish.get(english) ?? english) : english)

/** `terminal` is asked when help is shown: by then `--lang` has been read. */
export function helpIn(terminal: () => Terminal): HelpConfiguration {
  const say = (english: string): string => inLanguage(terminal().lang, english)
  const plain = new Help()
  return {
    styleTitle: say,
    commandDescription: (c: Command) => say(c.description()),
    subcommandDescription: (c: Command) => say(c.description()),
    // Commander adds what may be chosen and what is so without it.
    optionDescription: (o: Option) =>
      plain
        .optionDescription(o)
        .replace(o.description, () => say(o.description))
        .replace(/\((choices|default): /, (_, word: string) => `(${say(word)}: `)
        .replace(/, default: /, `, ${say('default')}: `),
    displayWidth: width,
    boxWrap: (text: string, columns: number) =>
      text
        .split('\n')
        .map((line) => fold({ ...terminal(), columns }, line))
        .join('\n'),
  }
}
