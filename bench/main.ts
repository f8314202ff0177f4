// npm run bench: measures one daemon on this machine and prints one table beside the targets of SPECIFICATION.md.
// Ends with status 1 when a target is missed. bench/run.sh prepares the machine.

import { readFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { callRows } from './call-rows.ts'
import { crowdRows } from './crowd-rows.ts'
import { devRows } from './dev-rows.ts'
import { idleRows, loadedRows, startRows, streamRows } from './life-rows.ts'
import { mistakeRows } from './mistake-rows.ts'
import { overloadRows } from './overload-rows.ts'
import { queueRows } from './queue-rows.ts'
import { rollingRows } from './rolling-rows.ts'
import { openSubject } from './subject.ts'
import { wakeRows } from './wake-rows.ts'
import { printTable, type Row } from './table.ts'

const effort = {
  seconds: Number(process.env['SAMPAN_BENCH_SECONDS'] ?? 5),
  rounds: Number(process.env['SAMPAN_BENCH_ROUNDS'] ?? 3),
}

/** Times that a function is frozen and woken, in each way. */
const WAKES = 20

const rows: Row[] = []
const only = process.env['SAMPAN_BENCH_ONLY'] ?? ''
if (only !== 'queue' && only !== 'dev') rows.push(...(await everythingElse()))
if (only !== 'queue') {
  console.log('new, up and dev …')
  rows.push(...(await devRows()))
}
if (only !== 'dev') {
  console.log('asynchronous calls …')
  rows.push(...(await queueRows(effort)))
}

const model = /^model name\s*: (.*)$/m.exec(await readFile('/proc/cpuinfo', 'utf8'))?.[1] ?? process.arch
const load = loadavg()[0]?.toFixed(1) ?? '?'
printTable(`${cpus().length} cores (${model}), Node ${process.versions.node}, load ${load} at the end`, rows)
const missed = rows.filter(({ reached }) => reached === false)
console.log(missed.length === 0 ? '\nall targets reached' : `\n${missed.length} targets missed`)
process.exitCode = missed.length === 0 ? 0 : 1

async function everythingElse(): Promise<readonly Row[]> {
  const subject = await openSubject()
  const found: Row[] = []
  try {
    console.log('idle daemon and watchdog …')
    found.push(...(await idleRows(subject)))
    console.log(
      `calls, ${effort.rounds} rounds of ${effort.seconds} s for each way and number of connections …`,
    )
    found.push(...(await callRows(subject, effort)), ...(await loadedRows(subject)))
    console.log('large bodies and events …')
    found.push(...(await streamRows(subject)))
    console.log('deploys, kill -9 …')
    found.push(...(await startRows(subject)))
    console.log('updates and scaling under load …')
    found.push(...(await rollingRows()))
    console.log('waking …')
    found.push(...(await wakeRows(WAKES)))
    console.log('a thousand functions …')
    found.push(...(await crowdRows()))
    console.log("beginners' mistakes …")
    found.push(...(await mistakeRows()))
    console.log('a daemon under attack …')
    found.push(...(await overloadRows()))
  } finally {
    await subject.stop()
  }
  return found
}
