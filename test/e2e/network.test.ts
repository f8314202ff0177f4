import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { freePort } from '../fixtures/free-port.ts'
import { whenAvailable } from './available.ts'
import { DaemonProcess } from './daemon-process.ts'
import { eventually } from '../fakes/eventually.ts'

const NAMESPACE = 'e2e-team'

/** Docker drops what goes from one container to another: nothing comes back until the function gives up. */
const UNREACHABLE = /context deadline exceeded|i\/o timeout/
/** Nobody listens there; where the daemon may set rules of its own, those answer first. */
const CLOSED = /connection refused|no route to host/

/** What the test function's /fetch tells. */
interface Fetched {
  readonly status?: number
  readonly body?: string
  readonly error?: string
}

describe('the networks of functions', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  /** The gateway as functions see it. */
  let gateway: string

  before(async () => {
    const port = await freePort()
    gateway = `http://gateway:${port}`
    daemon = await DaemonProcess.start({ SAMPAN_FUNCTION_PORT: String(port) })
    const image = await testImage('fn')
    await Promise.all(['caller', 'called'].map((service) => daemon.deploy({ service, image })))
    assert.equal((await daemon.call('called/id')).status, 200)
  })
  after(() => daemon[Symbol.asyncDispose]())

  /** What `fn` gets when it asks for `url`. */
  const ask = async (url: string, fn = 'caller'): Promise<Fetched> => {
    const query = new URLSearchParams({ url, timeout: '10s' })
    return (await (await daemon.call(`${fn}/fetch?${query.toString()}`)).json()) as Fetched
  }

  /** Why `fn` gets no answer from `url`. */
  const refusal = async (url: string, fn = 'caller'): Promise<string> => {
    const query = new URLSearchParams({ url, timeout: '1s' })
    const { status, error } = (await (await daemon.call(`${fn}/fetch?${query.toString()}`)).json()) as Fetched
    assert.equal(status, undefined, `${url} answers ${fn}`)
    return error ?? ''
  }

  const homeOf = async (fn: string): Promise<string | undefined> => {
    const environment = (await (await daemon.call(`${fn}/env`)).json()) as string[]
    return environment.find((line) => line.startsWith('HOME_OF='))?.slice('HOME_OF='.length)
  }

  it('18.4.14: the networks of functions let a function call another one through the host name gateway', async () => {
    const { status, body } = await ask(`${gateway}/function/called/path?x=1`)

    assert.equal(status, 200)
    assert.match(body ?? '', /"uri":"\/path\?x=1"/)
  })

  it('let a call through the gateway wake a function', async () => {
    await daemon.must('POST', '/system/scale-function/called', { serviceName: 'called', replicas: 0 })

    assert.equal((await ask(`${gateway}/function/called/id`)).status, 200)
  })

  it('know the gateway by the names that images for the reference have written into them', async () => {
    const { port } = new URL(gateway)
    for (const name of ['gateway.openfaas', 'gateway.openfaas.svc.cluster.local']) {
      assert.equal((await ask(`http://${name}:${port}/function/called/id`)).status, 200, name)
    }
  })

  it('do not open the API to a function without credentials', async () => {
    assert.equal((await ask(`${gateway}/system/functions`)).status, 401)
    assert.equal((await ask(`${gateway}/system/secrets`)).status, 401)
  })

  it('keep functions from reaching each other', async () => {
    await whenAvailable(daemon, 'called', 1)
    // The one from before it was scaled to zero may still be on its way out, without an address.
    await eventually(async () => (await daemon.containersOf('called')).length === 1)
    const [called = ''] = await daemon.containersOf('called')
    const address = await addressOf(called)

    assert.match(await refusal(`http://${address}:8080/id`), UNREACHABLE)
  })

  it('do not show functions the listeners that are for the host', async () => {
    for (const url of [daemon.url, daemon.metricsUrl]) {
      assert.match(await refusal(`http://gateway:${new URL(url).port}/healthz`), CLOSED)
    }
  })

  it('leave the listeners of the host on the address that was set', async () => {
    const others = Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal),
    )
    assert.ok(others.length > 0)
    for (const url of [daemon.url, daemon.metricsUrl]) {
      for (const { address } of others) {
        assert.equal(await answers(address, Number(new URL(url).port)), false, `${url} on ${address}`)
      }
    }
  })

  it('give each namespace one of its own, as long as there is something in it', async () => {
    await daemon.must('POST', '/system/namespace/', { name: NAMESPACE, labels: { openfaas: '1' } })
    const twin = { service: 'twin', image: await testImage('fn') }
    await daemon.deploy({ ...twin, envVars: { HOME_OF: 'default' } })
    await daemon.deploy({ ...twin, envVars: { HOME_OF: 'team' }, namespace: NAMESPACE })

    assert.equal(await homeOf('twin'), 'default')
    assert.equal(await homeOf(`twin.${NAMESPACE}`), 'team')
    assert.equal((await ask(`${gateway}/function/called/id`, `twin.${NAMESPACE}`)).status, 200)
    const [here = ''] = await daemon.containersOf('twin')
    const [there = ''] = await daemon.containersOf('twin', NAMESPACE)
    assert.notEqual(await networkOf(here), await networkOf(there))
    assert.match(await refusal(`http://${await addressOf(here)}:8080/id`, `twin.${NAMESPACE}`), UNREACHABLE)

    const refused = await daemon.api('DELETE', `/system/namespace/${NAMESPACE}`)
    assert.equal(refused.status, 409)
    assert.match(await refused.text(), /still has 1 function/)

    const network = await networkOf(there)
    await daemon.remove('twin', NAMESPACE)
    await daemon.must('DELETE', `/system/namespace/${NAMESPACE}`)
    await eventually(
      async () => {
        return !(await docker('network', 'ls', '--format', '{{.Name}}')).split('\n').includes(network)
      },
      30_000,
      'its network is gone',
    )
    assert.equal(await homeOf('twin'), 'default')
    assert.equal((await daemon.api('GET', `/system/functions?namespace=${NAMESPACE}`)).status, 400)
  })
})

const EACH_NETWORK = '{{range $name, $net := .NetworkSettings.Networks}}'

function networkOf(container: string): Promise<string> {
  return docker('inspect', '--format', `${EACH_NETWORK}{{$name}}{{end}}`, container)
}

function addressOf(container: string): Promise<string> {
  return docker('inspect', '--format', `${EACH_NETWORK}{{$net.IPAddress}}{{end}}`, container)
}

/** Whether something takes connections there. */
function answers(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: 2_000 })
    const end = (does: boolean) => {
      socket.destroy()
      done(does)
    }
    socket.on('connect', () => end(true))
    socket.on('timeout', () => end(false))
    socket.on('error', () => end(false))
  })
}
