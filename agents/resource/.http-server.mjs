/**
 * The server of kyha:http. Prints `listening` (or why not) and closes its output; the pid file is there before that.
 * Answers {owner, token, since}; with `log`, one JSON line per answer is appended before it is sent, but for a HEAD, which is how the monitor asks.
 */
import { closeSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'

const env = process.env
const pidFile = process.argv[2]
const owner = env.OCF_RESKEY_CRM_meta_on_node ?? 'unknown'
const token = Number(env.KYHA_TOKEN ?? 0)
const since = new Date().toISOString()
const log = env.OCF_RESKEY_log ? openSync(env.OCF_RESKEY_log, 'a', 0o640) : undefined

const say = (text) => {
  writeSync(1, text)
  closeSync(1)
}

const server = createServer({ keepAliveTimeout: 1_000 }, (request, response) => {
  if (log !== undefined && request.method !== 'HEAD') writeSync(log, `${JSON.stringify({ owner, token, pid: process.pid })}\n`)
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store', 'access-control-allow-origin': '*' })
  response.end(`${JSON.stringify({ owner, token, since })}\n`)
  request.resume()
})
server.on('error', (error) => {
  say(`cannot listen on ${env.OCF_RESKEY_ip ?? '127.0.0.1'}:${env.OCF_RESKEY_port ?? 8080}: ${error.code ?? error.message}`)
  process.exit(1)
})
process.on('SIGTERM', () => {
  rmSync(pidFile, { force: true })
  process.exit(0)
})
server.listen({ host: env.OCF_RESKEY_ip || '127.0.0.1', port: Number(env.OCF_RESKEY_port || 8080), backlog: 128, exclusive: true }, () => {
  writeFileSync(`${pidFile}.new`, `${process.pid}\n`)
  renameSync(`${pidFile}.new`, pidFile)
  say('listening')
})
