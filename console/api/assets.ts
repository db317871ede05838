/** The built web console as a fixed map in memory: no path of a request ever reaches the file system. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { root } from '../../runtime/paths.js'

export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
  readonly etag: string
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
}

/** Path (`/`, `/assets/x.js`) -> asset; empty when the page was not built. */
export function loadAssets(dir = join(root, 'dist', 'web')): ReadonlyMap<string, Asset> {
  const map = new Map<string, Asset>()
  if (!existsSync(dir)) return map
  for (const name of readdirSync(dir, { recursive: true }) as string[]) {
    const file = join(dir, name)
    const type = types[extname(name)]
    if (type === undefined || !statSync(file).isFile()) continue
    const bytes = new Uint8Array(readFileSync(file))
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 16)}"`
    map.set(`/${relative(dir, file)}`, { bytes, type, etag })
  }
  const index = map.get('/index.html')
  if (index) map.set('/', index)
  return map
}
