/**
 * The shell without its terminal: takes lines, runs each command with the verbs of `kyha` and those of the runtime, remembers the language.
 * A failed command stops the rest of its line. Nothing a command says can end the shell.
 */
import { type Command, CommanderError } from 'commander'
import { ApiError } from '../cli/client.js'
import { Exit, exitOf } from '../cli/exit.js'
import { buildProgram } from '../cli/program.js'
import { error } from '../cli/render.js'
import type { Io } from '../cli/run.js'
import { detect, fold, width } from '../cli/terminal.js'
import { admit } from './admit.js'
import { runtimeCommands } from './runtime.js'
import { split } from './words.js'

export interface ShellOptions {
  readonly io: Io
  readonly socket: string
  readonly lang?: string
}

/** `code` of the line; `quit` when the operator has had enough. */
export interface Ran {
  readonly code: number
  readonly quit: boolean
}

/** The command tree of one command: `kyha`'s, and the runtime's. */
export function shellProgram(io: Io): Command {
  const program = buildProgram(io)
  runtimeCommands(program, io)
  for (const sub of all(program)) sub.exitOverride().configureOutput({ writeOut: (s) => io.out(s), writeErr: (s) => io.err(s) })
  return program.name('kyha-shell')
}
/** Words that the shell itself answers. */
const own = new Set(['quit', 'exit', 'lang', 'help'])
const all = (c: Command): Command[] => c.commands.flatMap((sub) => [sub, ...all(sub)])

const help = {
  en: `Every verb of kyha works here without the word kyha, several on a line with ; between them.
  status, explain, events, node, resource, relation, fence, quorum, qdevice, disk, link, config, cluster, join
and about the running kyhad itself:
  actors tree | actors list            actors under their supervisors
  actor PATH [info|state|mailbox|trace|restart]
  supervisor PATH [children]
and:
  VERB --help, lang en|zh, help, quit (or Ctrl-D)
Tab completes verbs, nodes, resources and actors. What you type is kept in the history file.
Who may come in: root, the user of the guard, and members of the group haclient; the guard asks the kernel who you are. What you do is in
the node's log with your uid and process.
`,
  zh: `此处可直接使用 kyha 的全部动词（无需输入 kyha），一行多个命令以 ; 分隔。
  status、explain、events、node、resource、relation、fence、quorum、qdevice、disk、link、config、cluster、join
以及查看运行中的 kyhad：
  actors tree | actors list            按监督者列出 actor
  actor PATH [info|state|mailbox|trace|restart]
  supervisor PATH [children]
其他：
  动词 --help、lang en|zh、help、quit（或 Ctrl-D）
Tab 可补全动词、节点、资源和 actor。输入内容保存在历史文件中。
谁可以进入：root、守护进程的用户以及 haclient 组成员；守护进程向内核核实来者身份。
所执行的操作连同 uid 与进程号记入节点日志。
`,
} as const

export class Shell {
  readonly #io: Io
  readonly #socket: string
  #lang: string | undefined

  constructor(options: ShellOptions) {
    this.#io = options.io
    this.#socket = options.socket
    this.#lang = options.lang
  }

  get socket(): string {
    return this.#socket
  }
  get lang(): 'en' | 'zh' {
    return detect(this.#io.env, this.#io.stdout, this.#lang).lang
  }

  /** Runs a line; what its commands print goes to `io` (the shell's own, unless given). */
  async run(line: string, io: Io = this.#io): Promise<Ran> {
    const parsed = split(line)
    if ('open' in parsed) {
      const why = { en: `A quote is not closed: ${parsed.open}`, zh: `引号未闭合：${parsed.open}` }
      io.err(`${why[this.lang]}\n`)
      return { code: Exit.usage, quit: false }
    }
    if (parsed.commands.some((words) => !own.has(words[0] ?? ''))) {
      const code = await this.enter(line.trim(), io)
      if (code !== Exit.ok) return { code, quit: false }
    }
    for (const words of parsed.commands) {
      if (words[0] === 'quit' || words[0] === 'exit') return { code: Exit.ok, quit: true }
      const code = await this.#command(words, io)
      if (code !== Exit.ok) return { code, quit: false }
    }
    return { code: Exit.ok, quit: false }
  }

  /** Asks the door whether this user may come in, and announces `line` there; else says why not and gives its exit code. */
  async enter(line = '', io: Io = this.#io): Promise<number> {
    try {
      await admit({ socket: this.#socket }, line)
      return Exit.ok
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      io.err(error(detect(io.env, io.stdout, this.#lang), e.view))
      return exitOf(e.view.code)
    }
  }

  async #command(words: readonly string[], io: Io): Promise<number> {
    if (words[0] === 'lang') return this.#setLang(words[1], io)
    if (words[0] === 'help' && words.length === 1) {
      const terminal = detect(io.env, io.stdout, this.#lang)
      const lines = help[this.lang].trimEnd().split('\n')
      io.out(
        `${lines.map((l) => (width(l) <= terminal.columns ? l : fold(terminal, l.trim(), l.startsWith(' ') ? '  ' : ''))).join('\n')}\n`,
      )
      return Exit.ok
    }
    const its: Io = { ...io, exit: Exit.ok }
    const globals = ['--socket', this.#socket, ...(this.#lang === undefined ? [] : ['--lang', this.#lang])]
    try {
      await shellProgram(its).parseAsync([...globals, ...words], { from: 'user' })
      return its.exit
    } catch (e) {
      if (e instanceof CommanderError) return e.exitCode === 0 || e.code === 'commander.help' ? Exit.ok : Exit.usage
      io.err(`${(e as Error).message}\n`)
      return Exit.software
    }
  }

  #setLang(lang: string | undefined, io: Io): number {
    if (lang !== 'en' && lang !== 'zh') {
      io.err('lang en | lang zh\n')
      return Exit.usage
    }
    this.#lang = lang
    const shown = detect(io.env, io.stdout, lang)
    if (shown.lang !== lang) io.err(`${fold(shown, 'This terminal cannot show Chinese (it needs UTF-8), so English it stays.')}\n`)
    return Exit.ok
  }
}
