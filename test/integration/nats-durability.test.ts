import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { BUILT_SERVER, ownLink, sessionOf, temporaryFolder } from '../fixtures/nats.ts'

/** What the server wrote to files and sockets, in order: `strace` of all its threads. */
async function tracedServer(folder: string, trace: string): Promise<string> {
  const path = join(folder, 'traced')
  const calls = 'trace=write,writev,pwrite64,fsync,fdatasync,openat'
  const words = `strace -D -f -y -s 200 -e ${calls} -o '${trace}' '${BUILT_SERVER}' "$@"`
  await writeFile(
    path,
    `#!/bin/sh\n[ "$1" != --version ] || exec '${BUILT_SERVER}' --version\nexec ${words}\n`,
  )
  await chmod(path, 0o755)
  return path
}

it('a message is on the disk before it is answered', async (t) => {
  const mayTrace = await promisify(execFile)('strace', ['-o', '/dev/null', 'true']).catch(() => undefined)
  if (mayTrace === undefined) return t.skip('needs strace, and the right to trace')
  await using folder = await temporaryFolder()
  const trace = join(folder.path, 'trace')
  const link = ownLink(join(folder.path, 'queue'), { serverPath: await tracedServer(folder.path, trace) })
  link.start()
  const { js } = await sessionOf(link)
  for (let i = 0; i < 5; i += 1) await js.publish('jobs.a', `message ${i}`)
  await link.stop()

  const lines = (await readFile(trace, 'utf8')).split('\n')
  let from = 0
  for (let seq = 1; seq <= 5; seq += 1) {
    const written = find(
      lines,
      from,
      (line) => line.includes('pwrite64') && line.includes(`message ${seq - 1}`),
    )
    const synced = find(lines, written, (line) => /fsync\(.*\.blk/.test(line) && !line.includes('unfinished'))
    const answered = find(
      lines,
      from,
      (line) => line.includes(`\\"seq\\":${seq}`) && /writev?\(.*socket/i.test(line),
    )
    assert.ok(written < synced && synced < answered, `message ${seq}: ${written}, ${synced}, ${answered}`)
    from = answered
  }
})

function find(lines: readonly string[], from: number, is: (line: string) => boolean): number {
  const at = lines.findIndex((line, index) => index >= from && is(line))
  assert.ok(at >= 0, `nothing found after line ${from} of\n${lines.slice(from, from + 30).join('\n')}`)
  return at
}
