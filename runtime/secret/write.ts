/** Changes a node's secrets file: one change at a time, durable when it resolves, the old or the new file whole whenever the power goes. */
import { chown, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { StoreError } from '../store/error.js'
import { createFile, realFiles } from '../store/files.js'
import type { Refusal } from '../verdict.js'
import { printSecrets, type Secrets, SecretsFile, secretsFileOf } from './file.js'

/** `change` gets what is there and gives what is to be there, or a refusal; then nothing is written. The file belongs to whoever owns the key beside it. */
export async function changeSecrets(keyFile: string, change: (old: Secrets) => Secrets | Refusal): Promise<Refusal | undefined> {
  const owner = await stat(keyFile)
  const file = secretsFileOf(keyFile)
  const dir = dirname(file)
  const lock = await realFiles.lock(dir)
  try {
    const old = new SecretsFile(keyFile).read()
    const next = 'refused' in old ? old : change(old)
    if ('refused' in next) return next
    const open: typeof realFiles.open = async (path, create) => {
      const opened = await realFiles.open(path, create)
      if (process.geteuid?.() === 0) await chown(path, owner.uid, owner.gid) // it is still empty
      return opened
    }
    await createFile({ ...realFiles, open }, dir, basename(file), [Buffer.from(printSecrets(next))])
    return undefined
  } finally {
    await lock.release()
  }
}

/** Another process changes it just now. */
export const isBusy = (e: unknown): boolean => e instanceof StoreError
