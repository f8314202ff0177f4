import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from '../fakes/eventually.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { FakeMetadata } from '../fixtures/fake-metadata.ts'
import { hostRulesSkip, rulesOf, steadyRules } from '../fixtures/host-rules.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { freePort } from '../fixtures/free-port.ts'
import { DaemonProcess } from './daemon-process.ts'

const run = promisify(execFile)

/** What the test function's /fetch tells. */
interface Fetched {
  readonly status?: number
  readonly body?: string
  readonly error?: string
}

/** The answer to what a rule refuses: EHOSTUNREACH. */
const REFUSED = /no route to host/

const SKIP = (await skipWithoutDocker()) || (await hostRulesSkip())

describe('a function and the host', { skip: SKIP }, () => {
  let fenced: DaemonProcess
  /** The same without rules: what it reaches shows that there is something to reach. */
  let open: DaemonProcess
  let service: Server
  let metadata: FakeMetadata
  let functionPort: number
  let rulesBefore: readonly string[]

  before(async () => {
    rulesBefore = await steadyRules()
    service = createServer((_request, answer) => answer.end('a service of the host'))
    await once(service.listen(0, '0.0.0.0'), 'listening')
    metadata = await FakeMetadata.start()
    functionPort = await freePort()
    ;[fenced, open] = await Promise.all([
      DaemonProcess.start({ SAMPAN_FUNCTION_PORT: String(functionPort) }),
      DaemonProcess.start({ SAMPAN_FIREWALL: 'off' }),
    ])
    const image = await testImage('fn')
    await Promise.all([fenced, open].map((daemon) => daemon.deploy({ service: 'fn', image })))
    for (const daemon of [fenced, open]) assert.equal((await daemon.call('fn/id')).status, 200)
  })
  after(async () => {
    const instances = [fenced.instance, open.instance]
    await Promise.all([fenced, open].map((daemon) => daemon[Symbol.asyncDispose]()))
    await metadata.stop()
    service.close()
    for (const instance of instances) assert.deepEqual(await rulesOf(instance), [])
    // The engine takes one of its own rules away for a moment whenever somebody makes a network.
    await eventually(async () => {
      assert.deepEqual(await steadyRules(), rulesBefore)
      return true
    })
  })

  const ask = async (daemon: DaemonProcess, url: string): Promise<Fetched> => {
    const query = new URLSearchParams({ url, timeout: '10s' })
    return (await (await daemon.call(`fn/fetch?${query.toString()}`)).json()) as Fetched
  }

  const refused = async (url: string): Promise<void> => {
    const control = await ask(open, url)
    assert.equal(control.status, 200, `nothing to reach at ${url}: ${control.error}`)
    const { status, error } = await ask(fenced, url)
    assert.equal(status, undefined, `${url} answers a function`)
    assert.match(error ?? '', REFUSED)
  }

  const port = (): number => (service.address() as AddressInfo).port

  const gatewayOf = async (daemon: DaemonProcess): Promise<string> => {
    const [id = ''] = await daemon.containersOf('fn')
    return docker('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}', id)
  }

  it('are apart: no address of the host takes a connection', async () => {
    // Not those of networks that tests beside this one make and remove.
    const steady = Object.entries(networkInterfaces()).filter(([name]) => !name.startsWith('br-'))
    const addresses = steady.flatMap(([, all]) => all ?? [])
    const outside = addresses.filter(({ family, internal }) => family === 'IPv4' && !internal)
    assert.ok(outside.length > 0)
    for (const { address } of outside) await refused(`http://${address}:${port()}/`)

    assert.equal((await ask(open, `http://gateway:${port()}/`)).body, 'a service of the host')
    assert.match((await ask(fenced, `http://gateway:${port()}/`)).error ?? '', REFUSED)
  })

  it('are apart from what gives a cloud machine its credentials', () => refused(metadata.url))

  it('meet at the gateway, and there alone', async () => {
    const { status } = await ask(fenced, `http://gateway:${functionPort}/function/fn/id`)

    assert.equal(status, 200)
    assert.equal((await fenced.call('fn/id')).status, 200)
  })

  it('leave questions for names to Docker, which asks as before', async () => {
    const answers = await Promise.all(
      [open, fenced].map((daemon) => ask(daemon, 'http://sampan-test.invalid/')),
    )

    const [control, answer] = answers.map(({ error }) => /lookup .*: (.*)$/.exec(error ?? '')?.[1])
    assert.ok(control !== undefined)
    assert.equal(answer, control)
  })

  it('stay apart while the daemon is away, and after it is back', async () => {
    const rules = await rulesOf(fenced.instance)
    assert.ok(rules.length > 0)
    await fenced.end('SIGKILL')
    assert.deepEqual(await rulesOf(fenced.instance), rules)

    await fenced.launch()
    await fenced.whenHealthy()

    assert.equal((await fenced.call('fn/id')).status, 200)
    await refused(metadata.url)
    assert.deepEqual(await rulesOf(fenced.instance), rules)
  })

  it('are apart again after somebody flushed the rules', async () => {
    const rules = await rulesOf(fenced.instance)
    const [jump = ''] = rules.filter((line) => line.startsWith('-A INPUT'))
    const timesSet = async () => (await fenced.log()).split('"firewall rules set"').length
    const before = await timesSet()
    await run('iptables', ['-w', '5', ...jump.replace('-A', '-D').split(' ')])
    assert.equal((await ask(fenced, `http://${await gatewayOf(fenced)}:${port()}/`)).status, 200)

    await eventually(
      async () => (await timesSet()) > before,
      60_000,
      'the next look, half a minute later at most, sets the rules',
    )
    assert.ok((await rulesOf(fenced.instance)).includes(jump), 'the jump is back')
    assert.match((await ask(fenced, `http://${await gatewayOf(fenced)}:${port()}/`)).error ?? '', REFUSED)
  })

  it('have no rule left for the network of a namespace that is gone', async () => {
    const namespace = 'e2e-fenced'
    await fenced.must('POST', '/system/namespace/', { name: namespace, labels: { openfaas: '1' } })
    await fenced.deploy({ service: 'fn', image: await testImage('fn'), namespace })
    assert.equal((await fenced.call(`fn.${namespace}/id`)).status, 200)
    const jumps = async () => (await rulesOf(fenced.instance)).filter((line) => line.includes('--comment'))
    assert.equal((await jumps()).length, 4)

    await fenced.remove('fn', namespace)
    await fenced.must('DELETE', `/system/namespace/${namespace}`)

    await eventually(async () => (await jumps()).length === 2, 30_000, 'its rules are gone')
  })
})

describe('the firewall as a setting', { skip: SKIP }, () => {
  it('opens ports of the host and closes private networks', async () => {
    const service = createServer((_request, answer) => answer.end('open'))
    await once(service.listen(0, '0.0.0.0'), 'listening')
    const { port } = service.address() as AddressInfo
    const daemon = await DaemonProcess.start({
      SAMPAN_HOST_PORTS: String(port),
      SAMPAN_PRIVATE_NETWORKS: 'closed',
    })
    try {
      await daemon.deploy({ service: 'fn', image: await testImage('fn') })
      const fetched = await daemon.call(`fn/fetch?url=http://gateway:${port}/&timeout=10s`)
      assert.deepEqual(await fetched.json(), { status: 200, body: 'open' })
      const beyond = (await (
        await daemon.call('fn/fetch?url=http://10.99.99.99/&timeout=10s')
      ).json()) as Fetched
      assert.match(beyond.error ?? '', REFUSED)
    } finally {
      await daemon[Symbol.asyncDispose]()
      service.close()
    }
    assert.deepEqual(await rulesOf(daemon.instance), [])
  })

  it('is set and taken away by hand where the daemon may not', async () => {
    const daemon = await DaemonProcess.start({ SAMPAN_FIREWALL: 'off' })
    const env = { PATH: process.env['PATH'], SAMPAN_INSTANCE: daemon.instance }
    const script = (...words: readonly string[]) => run('scripts/firewall.sh', [...words], { env })
    try {
      await daemon.deploy({ service: 'fn', image: await testImage('fn') })
      assert.equal((await daemon.call('fn/id')).status, 200)
      assert.deepEqual(await rulesOf(daemon.instance), [])

      await script()
      assert.ok((await rulesOf(daemon.instance)).some((line) => / -j REJECT /.test(line)))
      assert.equal((await daemon.call('fn/id')).status, 200)

      await script('--down')
      assert.deepEqual(await rulesOf(daemon.instance), [])
    } finally {
      await daemon[Symbol.asyncDispose]()
    }
  })
})
