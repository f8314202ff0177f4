import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

const ONE = {
  name: 'b',
  namespace: 'openfaas-fn',
  image: 'i:1',
  invocationCount: 2,
  replicas: 1,
  availableReplicas: 1,
  createdAt: '2024-01-02T03:04:05Z',
  envVars: { B: '<2>', A: '1' },
  labels: { l: 'x' },
  limits: { memory: '64Mi' },
}
const TWO = { ...ONE, name: 'a', invocationCount: 7, createdAt: '2023-01-02T03:04:05Z' }

async function rigWith(functions: unknown = [ONE, TWO]): Promise<CliRig> {
  const rig = await CliRig.start()
  rig.reply('GET', '/system/functions', { body: JSON.stringify(functions) })
  return rig
}

describe('list', () => {
  it('18.2.29: shows names, invocations and replicas', async () => {
    await using rig = await rigWith()

    const { stdout, status } = await rig.run(['list'])

    const row = (...cells: readonly [string, string, string]): string =>
      `${cells[0].padEnd(30)}\t${cells[1].padEnd(15)}\t${cells[2].padEnd(5)}\n`
    assert.equal(stdout, row('Function', 'Invocations', 'Replicas') + row('a', '7', '1') + row('b', '2', '1'))
    assert.equal(status, 0)
  })

  it('18.2.29: shows names alone, and the order that is asked for', async () => {
    await using rig = await rigWith()

    assert.equal((await rig.run(['ls', '-q'])).stdout, 'a\nb\n')
    assert.equal((await rig.run(['ls', '-q', '--sort', 'invocations'])).stdout, 'a\nb\n')
    assert.equal((await rig.run(['ls', '-q', '--sort', 'creation'])).stdout, 'a\nb\n')
    assert.equal((await rig.run(['ls', '-q', '--sort', 'none'])).stdout, 'b\na\n')
  })

  it('18.2.29: has a heading alone for none, and null for null', async () => {
    await using none = await rigWith([])
    await using nothing = await rigWith(null)

    assert.equal((await none.run(['list'])).stdout.split('\n').length, 2)
    assert.equal((await nothing.run(['list', '-j'])).stdout, 'null\n')
  })

  it('18.2.29: has times as Go writes them, in the zone that the server named', async () => {
    await using rig = await CliRig.start()
    const at = (createdAt: string) => ({ body: JSON.stringify([{ name: 'f', image: 'i', createdAt }]) })
    rig.reply('GET', '/system/functions', at('2024-01-02T03:04:05.5+02:00'), at('2024-01-02T03:04:05Z'))

    const [east, utc] = [await rig.run(['list', '-v']), await rig.run(['list', '-v'])]

    assert.match(east.stdout, /\t2024-01-02 03:04:05\.5 \+0200 \+0200\n$/)
    assert.match(utc.stdout, /\t2024-01-02 03:04:05 \+0000 UTC\n$/)
  })

  it('a list of every namespace is empty where there are none', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/namespaces', { body: 'null' })

    const { status, stdout } = await rig.run(['list', '--all-namespaces', '-q'])

    assert.deepEqual([status, stdout], [0, ''])
  })

  it('18.2.30: follows no redirect', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/functions', { status: 302, headers: { location: '/elsewhere' } })

    const { status, stderr } = await rig.run(['list'])

    assert.equal(status, 1)
    assert.match(stderr, /unexpected status code: 302/)
    assert.equal(rig.requests.length, 1)
  })

  it('18.1.7: asks the gateway of the flag, else of the stack file, else of the environment', async () => {
    await using env = await rigWith()
    await using stack = await rigWith([])
    await using flag = await rigWith([])
    const file = `provider:\n  name: openfaas\n  gateway: ${stack.url}\n`
    await writeFile(join(env.cwd, 'with.yml'), file)

    await env.run(['list'])
    await env.run(['list', '-f', 'with.yml'])
    await env.run(['list', '-f', 'with.yml', '-g', flag.url])
    await env.run(['list', '-g', flag.url], { env: { OPENFAAS_URL: '' } })

    assert.deepEqual(
      [env, stack, flag].map(({ requests }) => requests.length),
      [1, 1, 2],
    )
  })

  it('asks no gateway while the stack file that may name it is broken', async () => {
    await using rig = await rigWith()
    await writeFile(join(rig.cwd, 'stack.yaml'), 'provider: [')

    const { status, stderr } = await rig.run(['list'])

    assert.equal(status, 1)
    assert.match(stderr, /^Error with YAML file stack\.yaml/)
    assert.equal(rig.requests.length, 0)
  })

  it('shows every namespace, and more of each function', async () => {
    await using rig = await rigWith()
    rig.reply('GET', '/system/namespaces', { body: '["openfaas-fn","dev"]' })

    const { stdout } = await rig.run(['list', '--all-namespaces', '--output', 'wide'])

    assert.match(stdout, /^NAME +NAMESPACE +STATE +READY/)
    assert.deepEqual(rig.asked.slice(1).toSorted(), [
      'GET /system/functions?namespace=dev',
      'GET /system/functions?namespace=openfaas-fn',
    ])
  })
})

describe('describe', () => {
  it('18.2.31: says so when the answer is a page', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/function/f', { body: '<html>' })

    const { status, stderr } = await rig.run(['describe', 'f'])

    assert.equal(status, 1)
    assert.match(stderr, /to \/system\/function\/f\?usage=1 is no JSON: <html>\n/)
  })

  it('18.2.31: as JSON has both spellings of the count; an unknown one is an error', async () => {
    await using rig = await rigWith()
    rig.reply('GET', '/system/function/b', { body: JSON.stringify(ONE) })
    rig.reply('GET', '/system/function/c', { status: 404 })

    const shown = JSON.parse((await rig.run(['describe', 'b', '-n', 'dev', '-j'])).stdout) as Record<
      string,
      unknown
    >
    const missing = await rig.run(['describe', 'c'])

    assert.deepEqual([shown['invocationCount'], shown['InvocationCount'], shown['Status']], [2, 2, 'Ready'])
    assert.match(String(shown['AsyncURL']), /\/async-function\/b\.dev$/)
    assert.match(missing.stderr, /^No such function: c\n/)
    assert.equal(missing.status, 1)
  })
})
