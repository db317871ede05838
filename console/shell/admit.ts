/**
 * The shell's way in: the guard's socket beside the node's API socket, where the kernel says who comes. Each line is announced there before it is
 * run, so the node's log has it with uid and pid; whoever is not let in gets one sentence instead. A socket where nobody checks is refused, too.
 */
import { basename, dirname, join } from 'node:path'
import { ApiError, call, type Target } from '../cli/client.js'
import type { Peer } from './door.js'

const doorDefault = '/run/kyha/shell.sock'
const door = 'shell.sock'

/** The API's socket names its node's door, which lies beside it. */
export function doorOf(given: string | undefined, env: NodeJS.ProcessEnv): string {
  const path = given ?? env['KYHA_SOCKET']
  if (path === undefined) return doorDefault
  return basename(path) === 'api.sock' ? join(dirname(path), door) : path
}

const refused = (en: string, zh: string, todoEn: string, todoZh: string): ApiError =>
  new ApiError({
    apiVersion: 'kyha/v1',
    kind: 'Error',
    code: 'no-permission',
    message: { en, zh },
    todo: { en: todoEn, zh: todoZh },
    problems: [],
  })

/** Who I am to the node; rejects with ApiError when I may not come in. `line`: what is about to be run, '' = nothing yet. */
export async function admit(target: Target, line: string): Promise<Peer> {
  const { socket = '' } = target
  try {
    return await call<Peer>(target, '/peer', line === '' ? {} : { method: 'POST', body: line })
  } catch (e) {
    if (!(e instanceof ApiError)) throw e
    const { code, message } = e.view
    if (code === 'no-route')
      throw refused(
        `Nobody checks at ${socket} who comes, so the shell does not use it.`,
        `${socket} 处无人核对来者身份，shell 不使用它。`,
        `Name the node's ${door}, or its api.sock: the door lies beside it.`,
        `请指定该节点的 ${door}，或其 api.sock（二者在同一目录）。`,
      )
    if (code === 'disconnected' && /: E(ACCES|PERM)\./.test(message.en))
      throw refused(
        `You may not use the shell of this node: ${socket} is closed to you.`,
        `您无权使用本节点的 shell：${socket} 对您不开放。`,
        'Use sudo, or let root add you to the group haclient.',
        '请使用 sudo，或由 root 将您加入 haclient 组。',
      )
    throw e
  }
}
