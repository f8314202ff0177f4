import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { serverImage } from '../fixtures/server-images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { MANY_MAY_WAIT, noneFails } from './transitions.ts'

/** Each waits two seconds before it listens. */
const PROGRAMS = {
  Node: 'node /srv/slow.cjs',
  Python: 'python3 /srv/slow.py',
  Ruby: 'ruby /srv/slow.rb',
  Java: '/usr/lib/jvm/default-java/bin/java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx32m -cp /srv Slow',
} as const

const LISTENING = [
  ['inside', '127.0.0.1', { method: 'GET' }],
  // What must not be sent twice.
  ['everywhere', '0.0.0.0', { method: 'POST', body: 'hello' }],
] as const

/** They mostly wait, so several can be tried at once in one daemon; all at once they would starve what else is tested. */
const AT_ONCE = 4

describe(
  'calls of images whose process starts slowly behind the watchdog that they carry',
  { skip: await skipWithoutDocker(), concurrency: AT_ONCE },
  () => {
    let daemon: DaemonProcess
    let image: string
    before(async () => {
      daemon = await DaemonProcess.start(MANY_MAY_WAIT)
      image = await serverImage('slow-starts')
    })
    after(() => daemon[Symbol.asyncDispose]())

    for (const [language, program] of Object.entries(PROGRAMS)) {
      for (const [where, address, call] of LISTENING) {
        it(`none fails in deploy, update, scale-up and wake: ${language}, listening on ${address}`, async () => {
          const service = `${language.toLowerCase()}-${where}`
          const envVars = {
            fprocess: `${program} ${address} 8082`,
            upstream_url: 'http://127.0.0.1:8082',
          }
          await noneFails(daemon, { service, image, envVars }, call)
        })
      }
    }
  },
)
