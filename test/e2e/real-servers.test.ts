import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { serverImage } from '../fixtures/server-images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { settled, throughGateway, throughWatchdog } from './passed-on.ts'
import { ask, type Asked, type RawAnswer } from './raw-answer.ts'
import { SERVER_CASES } from './server-cases.ts'
import { TOLD_CASES } from './told-cases.ts'

const WAYS = ['by itself', 'behind our watchdog'] as const
type Way = (typeof WAYS)[number]

const BEHIND = {
  envProcess: '/srv/serve',
  envVars: { SERVE_PORT: '8082', mode: 'http', upstream_url: 'http://127.0.0.1:8082' },
}

/** A deployed server, and where it is found without the gateway. */
interface Deployed {
  readonly service: string
  readonly way: Way
  readonly host: string
}

describe('the answers of real servers', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  const deployed = new Map<string, Deployed>()

  before(async () => {
    daemon = await DaemonProcess.start()
    const image = await serverImage('servers')
    const servers = [...Object.keys(SERVER_CASES), 'table']
    const all = servers.flatMap((server) => WAYS.map((way) => [server, way] as const))
    await Promise.all(
      all.map(async ([server, way]) => {
        const behind = way === 'by itself' ? { envVars: {} } : BEHIND
        const service = `${server.replace('.', '-')}${way === 'by itself' ? '' : '-behind'}`
        await daemon.deploy({ service, image, ...behind, envVars: { ...behind.envVars, SERVER: server } })
        deployed.set(server + way, { service, way, host: await addressOf(service) })
      }),
    )
  })
  after(() => daemon[Symbol.asyncDispose]())

  async function addressOf(service: string): Promise<string> {
    await daemon.call(`${service}/health`)
    const [container = ''] = await daemon.containersOf(service)
    return docker(
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
      container,
    )
  }

  function serverAt(server: string, way: Way): Deployed {
    const found = deployed.get(server + way)
    assert.ok(found, `${server} ${way} was not deployed`)
    return found
  }

  /** The server's own answer, and the one through the gateway, which must be what the documents make of the first. */
  async function compare({ service, way, host }: Deployed, asked: Asked): Promise<RawAnswer> {
    const own = `${host}:8080`
    const callId = randomUUID()
    const headers = { ...asked.headers, 'X-Call-Id': callId }
    const direct = await ask({ host, port: way === 'by itself' ? 8080 : 8082 }, own, { ...asked, headers })
    const { hostname, port, host: named } = new URL(daemon.url)
    const target = `/function/${service}${asked.target}`
    const gateway = { host: hostname, port: Number(port) }
    const through = await ask(gateway, named, { ...asked, headers, target, isTooMuch: false })

    const handed = way === 'by itself' ? direct : throughWatchdog(direct)
    const { method = 'GET' } = asked
    const prefix = `/function/${service}`
    sameAnswer(settled(through), settled(throughGateway(handed, { method, host, prefix, callId })))
    return direct
  }

  for (const [server, cases] of Object.entries(SERVER_CASES)) {
    for (const { what, asked, status, head, again } of cases) {
      it(`${server} passes on ${what}`, async () => {
        for (const way of WAYS) {
          const at = serverAt(server, way)
          const first = again === undefined ? null : await compare(at, asked)
          const headers = { ...asked.headers, ...(first === null ? {} : again?.(first)) }
          const direct = await compare(at, { ...asked, headers })

          if (status === 300) assert.ok(direct.status > 300 && direct.status < 309, 'it is a redirect')
          else assert.equal(direct.status, status)
          if (head !== undefined) assert.match(headOf(direct), head)
        }
      })
    }
  }

  for (const { what, answers, ...how } of TOLD_CASES) {
    it(`a program with a socket passes on ${what}`, async () => {
      for (const way of WAYS) {
        const at = serverAt('table', way)
        for (const answer of answers)
          await compare(at, { ...how, target: `/${Buffer.from(answer, 'latin1').toString('base64url')}` })
      }
    })
  }
})

/** Heads are shown as they are written, bodies by their length only. */
function sameAnswer(got: RawAnswer, wanted: RawAnswer): void {
  assert.equal(whole(got), whole(wanted))
  assert.equal(got.body.length, wanted.body.length, 'the length of the body')
  assert.ok(got.body.equals(wanted.body), 'the bytes of the body')
}

function whole(answer: RawAnswer): string {
  const { version, status, reason, trailers } = answer
  const behind = trailers.map(([name, value]) => `behind the body ${name}: ${value}`)
  return [`HTTP/${version} ${status} ${reason}`, headOf(answer), ...behind].join('\n')
}

function headOf({ fields }: RawAnswer): string {
  return fields.map(([name, value]) => `${name}: ${value}`).join('\n')
}
