import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { DeployProject, FUNCTIONS, ONE_FUNCTION } from '../fixtures/deploy-project.ts'

describe('sampan deploy by flags', () => {
  let project: DeployProject

  beforeEach(async () => {
    project = await DeployProject.start()
  })
  afterEach(() => project[Symbol.asyncDispose]())

  it('18.2.24: with --image and --name the body has what the flags say', async () => {
    const sized = '--image me/x:1 --name x --memory-limit 64Mi --cpu-request 100m --readonly'
    const named = '--fprocess cat -e A=b -l l=1 --annotation n=2 --secret s --constraint c'
    const inVain = '--network ignored --tag sha'
    const { bodies } = await project.deploy(...`${sized} ${named} ${inVain}`.split(' '))
    assert.deepEqual(bodies, [
      {
        service: 'x',
        image: 'me/x:1',
        envProcess: 'cat',
        envVars: { A: 'b' },
        constraints: ['c'],
        secrets: ['s'],
        labels: { l: '1' },
        annotations: { n: '2' },
        limits: { memory: '64Mi' },
        requests: { cpu: '100m' },
        readOnlyRootFilesystem: true,
      },
    ])
  })

  it('18.2.25: in a folder with a stack file they mean the image, and its gateway', async () => {
    await project.write({
      'stack.yaml': ONE_FUNCTION.replace('openfaas\n', `openfaas\n  gateway: ${project.rig.url}\n`),
    })
    const { status, asked } = await project.rig
      .run(['deploy', '--no-wait', '--image', 'me/x', '--name', 'x'], {
        env: { OPENFAAS_URL: 'http://127.0.0.1:1' },
      })
      .then((result) => ({ ...result, asked: project.rig.requests.map(({ body }) => body.toString()) }))
    assert.equal(status, 0)
    assert.deepEqual(asked, ['{"service":"x","image":"me/x","labels":{},"annotations":{}}'])
    for (const words of [
      ['--image', 'me/x'],
      ['--name', 'x'],
      ['-f', 'stack.yaml', '--image', 'me/x', '--name', 'x'],
    ]) {
      const refused = await project.deploy(...words)
      assert.equal(refused.status, 1)
      assert.deepEqual(refused.asked, [])
    }
  })

  it('18.2.26: -e A= is refused, as is what no gateway would take', async () => {
    await project.write({ 'stack.yaml': ONE_FUNCTION })
    const { status, stderr, asked } = await project.deploy('-e', 'A=')
    assert.equal(status, 1)
    assert.match(stderr, /--env A= is not NAME=VALUE/)
    assert.deepEqual(asked, [])
    for (const [text, said] of [
      ['    limits: { memory: lots }\n', /limits\.memory: .*lots/],
      ['  A_b:\n    image: x\n', /A_b/],
    ] as const) {
      await project.write({ 'stack.yaml': `${ONE_FUNCTION}${text}` })
      const refused = await project.deploy()
      assert.equal(refused.status, 1)
      assert.match(refused.stderr, said)
    }
  })

  it('--dry-run shows what would be sent, and sends nothing', async () => {
    await project.write({ 'stack.yaml': ONE_FUNCTION })
    const { status, stdout, asked } = await project.deploy('--dry-run')
    assert.equal(status, 0)
    assert.deepEqual(asked, [])
    const [line, ...json] = stdout.split('\n')
    assert.equal(line, `PUT ${project.rig.url}${FUNCTIONS} (POST if there is no such function)`)
    assert.deepEqual(JSON.parse(json.join('\n')), {
      service: 'fn',
      image: 'me/fn:latest',
      labels: {},
      annotations: {},
    })
  })

  it('a folder without a stack file is an error that says what there is to do', async () => {
    const { status, stderr } = await project.deploy()
    assert.equal(status, 1)
    assert.match(stderr, /no stack\.yaml is here.*\n.*--image IMAGE --name NAME/)
  })
})
