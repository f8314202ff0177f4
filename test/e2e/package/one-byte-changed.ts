import { statSync } from 'node:fs'
import { open } from 'node:fs/promises'

/** Changes the first byte of a file while `work` runs. */
export async function withOneByteChanged<T>(path: string, work: () => Promise<T>): Promise<T> {
  const { mtime, atime } = statSync(path)
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, 0)
  try {
    await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 0)
    return await work()
  } finally {
    await file.write(byte, 0, 1, 0)
    await file.utimes(atime, mtime)
    await file.close()
  }
}
