// offline-start.js TREE FOLDER, run by the Node of a release in a network namespace of its own and without a PATH: starts the daemon of that
// release with its data in FOLDER, waits until it answers, and prints what that says and which program it is.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'

const [tree, folder] = process.argv.slice(2)

const daemon = spawn(`${tree}/bin/sampan`, ['serve'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    PATH: '',
    SAMPAN_DATA_DIR: `${folder}/data`,
    SAMPAN_RUNTIME_DIR: `${folder}/run`,
    SAMPAN_DOCKER_HOST: `unix://${folder}/no-engine.sock`,
  },
})
const ended = once(daemon, 'exit')

const answer = await firstAnswer()
const program = readlinkSync(`/proc/${daemon.pid}/exe`)
daemon.kill('SIGTERM')
const [exit] = (await ended) as [number | null]
process.stdout.write(JSON.stringify({ ...answer, program, exit }))

/** Until its NATS is there, too: that is a program of the release as well. */
async function firstAnswer(): Promise<{ readonly status: number; readonly text: string }> {
  for (;;) {
    const response = await fetch('http://127.0.0.1:8080/healthz?verbose=1').catch(() => null)
    const text = (await response?.text()) ?? ''
    if (response !== null && text.includes('queue: ok')) return { status: response.status, text }
    if (daemon.exitCode !== null) return { status: 0, text: `it ended with ${daemon.exitCode}` }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
