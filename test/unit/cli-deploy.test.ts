import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { DeployProject, FUNCTIONS, ONE_FUNCTION, STACK_HEAD } from '../fixtures/deploy-project.ts'

describe('sampan deploy with a stack file', () => {
  let project: DeployProject

  beforeEach(async () => {
    project = await DeployProject.start()
  })
  afterEach(() => project[Symbol.asyncDispose]())

  it('18.2.13: every key of a stack file is in the body, in the order of faas-cli', async () => {
    await project.write({
      'stack.yaml': `${STACK_HEAD}functions:
  fn:
    lang: node
    handler: ./fn
    image: me/fn
    fprocess: node index.js
    environment: { b: 1.10, a: "x" }
    environment_file: [env.yml]
    secrets: [s1, s2]
    skip_build: true
    constraints: ["node.role == worker"]
    labels: { com.openfaas.scale.min: 2 }
    annotations: { topic: cron-function }
    limits: { memory: 128Mi, cpu: 100m }
    requests: { memory: 64Mi }
    readonly_root_filesystem: true
    namespace: dev
`,
      'env.yml': 'environment:\n  c: 0x1F\n',
    })
    const { status, stderr, stdout } = await project.deploy()
    assert.equal(status, 0, stderr)
    assert.equal(
      project.rig.requests[0]?.body.toString(),
      JSON.stringify({
        service: 'fn',
        image: 'me/fn:latest',
        namespace: 'dev',
        envProcess: 'node index.js',
        envVars: { a: 'x', b: '1.10', c: '0x1F' },
        constraints: ['node.role == worker'],
        secrets: ['s1', 's2'],
        labels: { 'com.openfaas.scale.min': '2' },
        annotations: { topic: 'cron-function' },
        limits: { memory: '128Mi', cpu: '100m' },
        requests: { memory: '64Mi' },
        readOnlyRootFilesystem: true,
      }),
    )
    assert.equal(project.rig.requests[0]?.headers['content-type'], 'application/json')
    assert.equal(
      stdout,
      `Deploying: fn.\n\nDeployed. 202 Accepted.\nURL: ${project.rig.url}/function/fn.dev\n\n`,
    )
  })

  it('18.2.14: what cannot be updated is made, with the same body', async () => {
    await project.write({ 'stack.yaml': ONE_FUNCTION })
    project.replyTo('PUT', { status: 404 })
    project.replyTo('POST', { status: 202 })
    const { status, asked, bodies } = await project.deploy()
    assert.equal(status, 0)
    assert.deepEqual(asked, [`PUT ${FUNCTIONS}`, `POST ${FUNCTIONS}`])
    assert.deepEqual(bodies[0], { service: 'fn', image: 'me/fn:latest', labels: {}, annotations: {} })
    assert.deepEqual(bodies[1], bodies[0])
  })

  it('18.2.15: 200 is an update', async () => {
    await project.write({ 'stack.yaml': ONE_FUNCTION })
    project.replyTo('PUT', { status: 200 })
    const { status, stdout } = await project.deploy()
    assert.equal(status, 0)
    assert.match(stdout, /^Function fn already exists, attempting rolling-update\.$/m)
    assert.match(stdout, /^Deployed\. 200 OK\.$/m)
  })

  it('18.2.16: a refusal is shown, and names the function; so is one for want of credentials', async () => {
    await project.write({ 'stack.yaml': ONE_FUNCTION })
    project.replyTo('PUT', { status: 400, body: 'bad image' })
    const refused = await project.deploy()
    assert.equal(refused.status, 1)
    assert.match(refused.stderr, /^Unexpected status: 400, message: bad image$/m)
    assert.match(refused.stderr, /^Function 'fn' failed to deploy with status code: 400$/m)
    project.replyTo('PUT', { status: 201 })
    assert.equal((await project.deploy()).status, 1)
    project.replyTo('PUT', { status: 401 })
    assert.match((await project.deploy()).stderr, /unauthorized access to .*\nRun: sampan login/)
    const { status, stderr } = await project.rig.run(['deploy'], {
      env: { OPENFAAS_URL: 'http://127.0.0.1:1' },
    })
    assert.equal(status, 1)
    assert.match(stderr, /cannot reach the gateway at http:\/\/127\.0\.0\.1:1/)
  })

  it('18.2.17: --update=false makes, --replace removes first, both at once are refused', async () => {
    await project.write({ 'stack.yaml': ONE_FUNCTION })
    project.replyTo('POST', { status: 202 })
    project.replyTo('DELETE', { status: 202 })
    assert.deepEqual((await project.deploy('--update=false')).asked, [`POST ${FUNCTIONS}`])
    const replaced = await project.deploy('--replace', '--update=false', '-n', 'dev')
    assert.deepEqual(replaced.asked, [`DELETE ${FUNCTIONS}`, `POST ${FUNCTIONS}`])
    assert.deepEqual(replaced.bodies[0], { functionName: 'fn', namespace: 'dev' })
    assert.match(replaced.stdout, /^Removing old function\.$/m)
    project.replyTo('DELETE', { status: 404 })
    const made = await project.deploy('--replace', '--update=false')
    assert.equal(made.status, 0)
    assert.doesNotMatch(made.stdout, /Removing/)
    const refused = await project.deploy('--replace')
    assert.equal(refused.status, 1)
    assert.deepEqual(refused.asked, [])
  })

  it('18.2.18: later variables win: stack file, its files, files of flags, flags', async () => {
    await project.write({
      'stack.yaml': `${ONE_FUNCTION}    environment: { a: inline, b: inline, c: inline, d: inline, e: inline }\n    environment_file: [one.yml, two.yml]\n`,
      'one.yml': 'environment:\n  b: one\n  c: one\n  d: one\n  e: one\n',
      'two.yml': 'environment:\n  c: two\n  d: two\n  e: two\n',
      '.env': '# mine\nexport d=three # why\n\ne=\'th"ree\'\nf="a\\nb"\n',
    })
    const { bodies } = await project.deploy('-e', 'e= flag=x ', '--environment-file', '.env')
    assert.deepEqual(bodies[0]?.['envVars'], {
      a: 'inline',
      b: 'one',
      c: 'two',
      d: 'three',
      e: 'flag=x',
      f: 'a\nb',
    })
    const missing = await project.deploy('--environment-file', 'none.yml')
    assert.equal(missing.status, 1)
    assert.match(missing.stderr, /none\.yml cannot be read/)
  })

  it('18.2.19: constraints of flags count where the stack file says nothing, not even an empty list', async () => {
    const constraints = async (text: string, ...flags: readonly string[]): Promise<unknown> => {
      await project.write({ 'stack.yaml': `${ONE_FUNCTION}${text}` })
      return (await project.deploy(...flags)).bodies[0]?.['constraints']
    }
    assert.deepEqual(await constraints('    constraints: [a]\n'), ['a'])
    assert.deepEqual(await constraints('', '--constraint', 'b,c'), ['b,c'])
    assert.deepEqual(await constraints('    constraints: [a]\n', '--constraint', 'b'), ['a'])
    assert.equal(await constraints('    constraints: []\n', '--constraint', 'b'), undefined)
  })

  it('18.2.20: secrets of flags come first, and none twice', async () => {
    await project.write({ 'stack.yaml': `${ONE_FUNCTION}    secrets: [a, b]\n` })
    const { bodies } = await project.deploy('--secret', 'c', '--secret', 'b')
    assert.deepEqual(bodies[0]?.['secrets'], ['c', 'b', 'a'])
  })

  it('18.2.21: fprocess is that of the stack file, else that of the template; none is no failure', async () => {
    const process = async (text: string, ...flags: readonly string[]) => {
      await project.write({ 'stack.yaml': `${ONE_FUNCTION}${text}` })
      const { status, stderr, bodies } = await project.deploy(...flags)
      assert.equal(status, 0, stderr)
      return { sent: bodies[0]?.['envProcess'], stderr }
    }
    await project.write({ 'template/own/template.yml': 'language: own\nfprocess: of the template\n' })
    assert.equal((await process('    lang: own\n    fprocess: mine\n')).sent, 'mine')
    assert.equal((await process('    lang: own\n')).sent, 'of the template')
    assert.equal((await process('    lang: own\n', '--read-template=false')).sent, undefined)
    for (const lang of ['dockerfile', 'Dockerfile', 'node', 'nowhere'])
      assert.equal((await process(`    lang: ${lang}\n`)).sent, undefined)
    assert.match(
      (await process('    lang: nowhere\n')).stderr,
      /fn: the template nowhere is not in \.\/template/,
    )
    assert.equal((await process('    lang: nowhere\n    fprocess: mine\n')).stderr, '')
  })

  it('18.2.22: -n wins over the namespace of the stack file', async () => {
    await project.write({ 'stack.yaml': `${ONE_FUNCTION}    namespace: dev\n` })
    assert.equal((await project.deploy()).bodies[0]?.['namespace'], 'dev')
    const { bodies, stdout } = await project.deploy('-n', 'prod')
    assert.equal(bodies[0]?.['namespace'], 'prod')
    assert.match(stdout, /\/function\/fn\.prod$/m)
  })

  it('18.2.23: all functions are tried, and the one that failed is named', async () => {
    await project.write({
      'stack.yaml': `${ONE_FUNCTION}  bad:\n    image: me/bad\n  worse: {}\n  last:\n    image: me/last\n`,
    })
    project.replyTo('PUT', { status: 202 }, { status: 500, body: 'no' }, { status: 202 })
    const { status, stderr, bodies } = await project.deploy()
    assert.equal(status, 1)
    assert.deepEqual(
      bodies.map(({ service }) => service),
      ['fn', 'bad', 'last'],
    )
    assert.match(stderr, /function 'bad' failed to deploy with status code: 500/i)
    assert.match(stderr, /function worse has no image/i)
    assert.deepEqual(
      (await project.deploy('--filter', 'l*')).bodies.map(({ service }) => service),
      ['last'],
    )
  })
})
