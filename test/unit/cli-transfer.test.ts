import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { RememberingGateway } from '../fixtures/remembering-gateway.ts'

const FULL = {
  service: 'full',
  image: 'registry.example/me/full:0.1',
  envProcess: 'node index.js --title "a b"',
  envVars: {
    price: '5$ or ${PRICE} or $$ or $${X}',
    path: 'C:\\dir\\\\share\\/end',
    lines: 'first\n  second\n\nlast\n',
    odd: ' leading\n\ttab \nand a # sign: here',
    unicode: 'käse 🧀 \u2028 \u0085 \ufeff \u0000',
    number: '1.10',
    yes: 'yes',
    nothing: '',
    empty: '~',
  },
  secrets: ['token', 'key'],
  constraints: ['node.role == worker'],
  labels: { 'com.openfaas.scale.min': '2', topic: 'null' },
  annotations: { schedule: '*/5 * * * *', 'with: colon': '- item' },
  limits: { memory: '128Mi', cpu: '500m' },
  requests: { memory: '64Mi' },
  readOnlyRootFilesystem: true,
}

const bare = (service: string, more: object = {}) => ({
  service,
  image: `me/${service}:1`,
  labels: {},
  annotations: {},
  ...more,
})

/** What the file of one gateway makes of an empty one. */
async function carried(from: RememberingGateway, to: RememberingGateway, ...flags: readonly string[]) {
  const exported = await from.rig.run(['export', ...flags])
  assert.equal(exported.status, 0, exported.stderr)
  await writeFile(join(to.rig.cwd, 'functions.yaml'), exported.stdout)
  const imported = await to.rig.run(['import', 'functions.yaml', '--no-wait'])
  return { text: exported.stdout, imported }
}

describe('sampan export and import', () => {
  it('carry every field to another host, on which the same is exported again', async () => {
    await using from = await RememberingGateway.start()
    await using to = await RememberingGateway.start()
    from.deploy(FULL, bare('a'))
    for (const name of FULL.secrets) to.secrets.add(`${name}.openfaas-fn`)

    const { text, imported } = await carried(from, to)

    assert.equal(imported.status, 0, imported.stderr)
    assert.deepEqual(to.functions.get('full.openfaas-fn'), FULL)
    assert.equal((await to.rig.run(['export'])).stdout, text)
    assert.match(text, /^version: 1\.0\nprovider:\n {2}name: openfaas\nfunctions:\n {2}a:\n/m)
    assert.match(text, /^ {6}lines: \|\n {8}first\n {10}second\n\n {8}last\n/m)
  })

  it('what deploy makes of the file is what was exported', async () => {
    await using from = await RememberingGateway.start()
    await using to = await RememberingGateway.start()
    from.deploy(FULL)
    await writeFile(join(to.rig.cwd, 'stack.yaml'), (await from.rig.run(['export'])).stdout)

    const { status, stderr } = await to.rig.run(['deploy', '--no-wait'])

    assert.equal(status, 0, stderr)
    assert.deepEqual(to.functions.get('full.openfaas-fn'), FULL)
    assert.equal((await to.rig.run(['diff', '--env', 'all'])).status, 0)
  })

  it('texts of any letters survive the way', async () => {
    await using from = await RememberingGateway.start()
    await using to = await RememberingGateway.start()
    const pieces = [
      '$',
      '{',
      '}',
      '\\',
      '/',
      '"',
      "'",
      '\n',
      '\r',
      '\t',
      ' ',
      ':',
      '#',
      '-',
      'x',
      'é',
      '|',
      '%',
      '&',
    ]
    let seed = 7
    const next = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
    const text = (): string => Array.from({ length: next(12) }, () => pieces[next(pieces.length)]).join('')
    const envVars = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`V${at}`, text()]))
    from.deploy(bare('odd', { envVars }))

    const { imported } = await carried(from, to)

    assert.equal(imported.status, 0, imported.stderr)
    assert.deepEqual(to.functions.get('odd.openfaas-fn')?.['envVars'], envVars)
  })

  it('leave out what a gateway adds: state, its label, the tag that is meant anyway', async () => {
    await using from = await RememberingGateway.start()
    const labels = { faas_function: 'a', mine: '1' }
    from.deploy(bare('a', { image: 'me/a', labels, annotations: { 'com.sampan.state': 'starting' } }))

    const { stdout } = await from.rig.run(['export'])

    assert.match(stdout, /image: me\/a:latest\n {4}labels:\n {6}mine: "1"\n$/)
  })

  it('--all-namespaces: functions of each, and the namespaces are made over there', async () => {
    await using from = await RememberingGateway.start()
    await using to = await RememberingGateway.start()
    from.namespaces.add('dev')
    from.deploy(bare('a'), bare('b', { namespace: 'dev' }))

    const { text, imported } = await carried(from, to, '--all-namespaces')

    assert.equal(imported.status, 0, imported.stderr)
    assert.match(imported.stdout, /make {4}namespace dev\n {2}create {2}a\n {2}create {2}b\.dev\n/)
    assert.deepEqual([...to.functions.keys()], ['a.openfaas-fn', 'b.dev'])
    assert.equal((await to.rig.run(['export', '--all-namespaces'])).stdout, text)
  })

  it('two functions of one name in two namespaces are refused, because a stack file has no room for them', async () => {
    await using from = await RememberingGateway.start()
    from.namespaces.add('dev')
    from.deploy(bare('a'), bare('a', { namespace: 'dev' }))

    const { status, stdout, stderr } = await from.rig.run(['export', '--all-namespaces'])

    assert.equal(status, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /a function a in openfaas-fn and in dev.*\n.*export -n NAMESPACE/)
  })

  it('--output writes a file that others cannot read; without functions it is a stack file, too', async () => {
    await using from = await RememberingGateway.start()

    const { status, stderr } = await from.rig.run(['export', '-o', 'out.yaml'])

    assert.equal(status, 0, stderr)
    const path = join(from.rig.cwd, 'out.yaml')
    assert.match(await readFile(path, 'utf8'), /functions: \{\}\n$/)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    const imported = await from.rig.run(['import', 'out.yaml'])
    assert.match(imported.stderr, /nothing to import/)
  })

  it('import does only what differs, and says what', async () => {
    await using gateway = await RememberingGateway.start()
    gateway.deploy(bare('a'), bare('b', { envVars: { X: '1' } }))
    const { stdout: text } = await gateway.rig.run(['export'])
    gateway.deploy(bare('b', { envVars: { X: '2' }, image: 'me/b:2' }))

    const { status, stdout } = await gateway.rig.run(['import', '-', '--no-wait'], { stdin: text })

    assert.equal(status, 0)
    assert.match(stdout, /keep {4}a\n {2}update {2}b \(env\.X, image\)\n/)
    const changes = gateway.rig.asked.filter((one) => !one.startsWith('GET'))
    assert.deepEqual(changes, ['PUT /system/functions', 'POST /system/functions'])
  })

  it('missing secrets are named, and then nothing is done', async () => {
    await using from = await RememberingGateway.start()
    await using to = await RememberingGateway.start()
    from.deploy(FULL, bare('a'))
    to.secrets.add('key.openfaas-fn')

    const { imported } = await carried(from, to)

    assert.equal(imported.status, 1)
    assert.match(imported.stderr, /Nothing was done: secrets are missing:\n {2}token, for full\n/)
    assert.match(imported.stderr, /sampan secret create token --from-file/)
    assert.equal(to.functions.size, 0)
  })

  it('a mistake in one function keeps from all, and each mistake is named', async () => {
    await using gateway = await RememberingGateway.start()
    const stdin =
      'provider:\n  name: openfaas\nfunctions:\n  a:\n    image: me/a\n  b:\n    image: ""\n  c:\n    image: x\n    limits:\n      memory: lots\n'

    const { status, stderr } = await gateway.rig.run(['import'], { stdin })

    assert.equal(status, 1)
    assert.match(stderr, /^Nothing was done:\n.*b has no image.*\n.*c.*memory/)
    assert.deepEqual(gateway.rig.asked, [])
  })

  it('--dry-run shows the plan and changes nothing', async () => {
    await using gateway = await RememberingGateway.start()
    const stdin = 'provider:\n  name: openfaas\nfunctions:\n  a:\n    image: me/a\n    namespace: dev\n'

    const { status, stdout } = await gateway.rig.run(['import', '--dry-run'], { stdin })

    assert.equal(status, 0)
    assert.match(stdout, /make {4}namespace dev\n {2}create {2}a\.dev\n$/)
    assert.equal(
      gateway.rig.asked.every((one) => one.startsWith('GET ')),
      true,
    )
  })

  it('says what was done and what was not when a function is refused, and goes on from there', async () => {
    await using gateway = await RememberingGateway.start()
    gateway.refused.add('b')
    const stdin = `provider:\n  name: openfaas\nfunctions:\n${['a', 'b', 'c'].map((name) => `  ${name}:\n    image: me/${name}\n    namespace: dev\n`).join('')}`
    const again = () => gateway.rig.run(['import', '--no-wait'], { stdin })

    const { status, stderr } = await again()

    assert.equal(status, 1)
    assert.match(stderr, /image: "me\/b:latest" is not available/)
    assert.match(stderr, /^Done: namespace dev, a\.dev, c\.dev\.\nNot done: b\.dev\. /m)
    gateway.refused.clear()
    const second = await again()
    assert.equal(second.status, 0, second.stderr)
    assert.match(second.stdout, /keep {4}a\.dev\n {2}create {2}b\.dev\n {2}keep {4}c\.dev\n/)
  })

  it('a namespace that cannot be made ends it before any function', async () => {
    await using gateway = await RememberingGateway.start()
    gateway.refused.add('dev')
    const stdin = 'provider:\n  name: openfaas\nfunctions:\n  a:\n    image: me/a\n    namespace: dev\n'

    const { status, stderr } = await gateway.rig.run(['import'], { stdin })

    assert.equal(status, 1)
    assert.match(stderr, /^Not done: namespace dev, a\.dev\./m)
    assert.match(stderr, /the disk is full/)
    assert.equal(gateway.functions.size, 0)
  })

  it('a gateway that knows neither namespaces nor secrets is taken as it is', async () => {
    await using gateway = await RememberingGateway.start()
    gateway.rig.reply('GET', '/system/namespaces', { status: 404, body: '404 page not found' })
    gateway.rig.reply('GET', '/system/secrets', { status: 501 })
    const stdin = 'provider:\n  name: openfaas\nfunctions:\n  a:\n    image: me/a\n    secrets: [x]\n'

    const { status, stderr } = await gateway.rig.run(['import', '--no-wait'], { stdin })

    assert.equal(status, 0, stderr)
    assert.deepEqual([...gateway.functions.keys()], ['a.openfaas-fn'])
  })
})
