/** The rules of parameters that change while something runs, each switched off in turn; histories that begin with such changes. */
import { edit, type Mutant } from './mutate.js'

const first: readonly string[] = Array<string>(3).fill('config-parameters')

export const parameterMutants: readonly Mutant[] = [
  {
    rule: 'a new kyhad takes what runs for what is configured',
    nodes: [3],
    first,
    edits: [edit('actors/resource/adopt', '...noted(msg.note, msg.doc)', '...{}')],
  },
  {
    rule: 'a reload for parameters that need a restart',
    nodes: [3],
    first,
    edits: [
      edit(
        'actors/resource/reload',
        `changed(s).every((name) => s.reloadable?.includes(name)) ? 'reload-agent' : 'restart'`,
        `'reload-agent'`,
      ),
    ],
  },
]
