import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { BuildProject, FUNCTION, stackOf } from '../fixtures/build-project.ts'

describe('sampan build, push, publish and local-run', () => {
  let project: BuildProject

  beforeEach(async () => {
    project = await BuildProject.start()
  })
  afterEach(() => project[Symbol.asyncDispose]())

  it('18.6.73: the words of docker build are those of the reference', async () => {
    await project.fill(
      stackOf(`${FUNCTION}\n    build_args:\n      A: b\n    build_secrets:\n      key: ./key.txt`),
    )
    const flags = ['--no-cache', '--squash', '--pull', '--build-label', 'l=m', '-b', 'C=d=e', '--quiet']

    const { status, stdout, calls } = await project.run(['build', ...flags], {
      env: { http_proxy: 'http://p' },
    })

    assert.equal(status, 0)
    assert.deepEqual(calls, [
      {
        cwd: join(project.rig.cwd, 'build/fn'),
        buildKit: '1',
        words: [
          'build',
          '--no-cache',
          '--squash',
          '--build-arg',
          'http_proxy=http://p',
          '--build-arg',
          'A=b',
          '--build-arg',
          'C=d=e',
          '--build-arg',
          'ADDITIONAL_PACKAGE=',
          '--label',
          'l=m',
          '--pull',
          '--tag',
          'me/fn:0.1',
          '.',
          '--secret',
          `id=key,src=${join(project.rig.cwd, 'key.txt')}`,
        ],
      },
    ])
    assert.match(stdout, /^\[0\] > Building fn\.\n/)
    assert.match(
      stdout,
      /Image: me\/fn:0\.1 built\.\n\[0\] < Building fn done in [\d.]+s\.\n\[0\] Worker done\./,
    )
    assert.match(stdout, /Total build time: [\d.]+s/)
    assert.doesNotMatch(stdout, /docker says/)
    const plain = await project.run([
      'build',
      '--image',
      'a',
      '--handler',
      'fn',
      '--name',
      'x',
      '--lang',
      'node',
    ])
    assert.equal(plain.calls.at(-1)?.buildKit, '')
    assert.match(plain.stdout, /docker says build/)
  })

  it('18.6.74: packages of options, of the file and of flags add up; a bad argument is an error', async () => {
    await project.fill(
      stackOf(`${FUNCTION}\n    build_options: [dev]\n    build_args:\n      ADDITIONAL_PACKAGE: curl make`),
    )
    const packages = async (...words: string[]): Promise<string | undefined> =>
      (await project.run(['build', ...words])).calls
        .at(-1)
        ?.words.find((word) => word.startsWith('ADDITIONAL_PACKAGE'))
    assert.equal(await packages(), 'ADDITIONAL_PACKAGE=curl gcc make')
    const flags = ['-b', 'ADDITIONAL_PACKAGE=git', '-b', 'ADDITIONAL_PACKAGE=jq', '-o', 'dev']
    assert.equal(await packages(...flags), 'ADDITIONAL_PACKAGE=gcc git jq make')
    const unknown = await project.run(['build', '-o', 'prod'])
    assert.equal(unknown.status, 1)
    assert.match(unknown.stderr, /node has no build option "prod"\n|It has: dev/)
    const bad = await project.run(['build', '-b', 'A='])
    assert.equal(bad.status, 1)
    assert.match(bad.stderr, /--build-arg A= is not NAME=VALUE/)
  })

  it('18.6.75: one of three fails, the others are built, and the end says which', async () => {
    await project.fill(stackOf(FUNCTION, FUNCTION, FUNCTION))
    const rules = [{ when: '/fn1', status: 3, says: 'no such base' }]
    const { status, stdout, stderr, calls } = await project.run(['build', '--parallel', '3'], { rules })
    assert.equal(status, 1)
    assert.equal(calls.length, 3)
    assert.equal(stdout.match(/ built\./g)?.length, 2)
    assert.match(
      stderr,
      /Errors received during build:\n- \[fn1\] received non-zero exit code from build, error: no such base/,
    )
  })

  it('18.6.76: tags by the rules; outside of a repository they are an error', async () => {
    await project.fill()
    const image = async (rule: string): Promise<string | undefined> => {
      const { calls } = await project.run(['build', '--tag', rule])
      return calls.at(-1)?.words.at(-2)
    }
    const outside = await project.run(['build', '--tag', 'sha'])
    assert.equal(outside.status, 1)
    assert.deepEqual(outside.calls, [])
    assert.match(outside.stderr, /not a git repository/)

    const git = (...words: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], { cwd: project.rig.cwd })
        .toString()
        .trim()
    git('init', '--quiet', '--initial-branch', 'main')
    git('commit', '--quiet', '--allow-empty', '-m', 'first')
    const sha = git('rev-parse', '--short', 'HEAD')
    assert.equal(await image('latest'), 'me/fn:0.1')
    assert.equal(await image('SHA'), `me/fn:0.1-${sha}`)
    assert.equal(await image('branch'), `me/fn:0.1-main-${sha}`)
    assert.equal(await image('describe'), `me/fn:0.1-${sha}`)
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
    assert.equal(await image('digest'), `me/fn:${md5(md5('mine'))}`)
    assert.match((await project.run(['build', '--tag', 'other'])).stderr, /no rule for tags/)
  })

  it('18.6.77: push refuses images without a registry, skips what is not built, and fails when docker does', async () => {
    await project.fill(stackOf(FUNCTION, 'image: me/other\n    skip_build: true'))
    const pushed = await project.run(['push'])
    assert.equal(pushed.status, 0)
    assert.deepEqual(pushed.calls[0]?.words, ['push', 'me/fn:0.1'])
    assert.equal(pushed.calls.length, 1)
    assert.match(pushed.stdout, /Skipping fn1/)

    const failed = await project.run(['push'], { rules: [{ when: 'push', status: 1, says: 'denied' }] })
    assert.equal(failed.status, 1)
    assert.match(failed.stderr, /me\/fn:0\.1 was not pushed: denied/)

    await project.fill(stackOf(FUNCTION, 'image: bare'))
    const refused = await project.run(['push'])
    assert.equal(refused.status, 1)
    assert.match(refused.stderr, /Unable to push one or more/)
    assert.equal(refused.calls.length, 2, 'nothing more was pushed')
  })

  it('18.6.78: the words of publish, on a builder that does not become the usual one', async () => {
    await project.fill()
    const flags = ['--platforms', 'linux/amd64,linux/arm64', '--extra-tag', 'next', '--reset-qemu']
    const { status, calls } = await project.run(['publish', ...flags], {
      rules: [{ when: 'buildx inspect', status: 1 }],
    })

    assert.equal(status, 0)
    assert.deepEqual(
      calls.map(({ words }) => words),
      [
        ['run', '--rm', '--privileged', 'multiarch/qemu-user-static', '--reset', '-p', 'yes'],
        ['buildx', 'inspect', 'multiarch'],
        ['buildx', 'create', '--name=multiarch', '--node=multiarch'],
        [
          'buildx',
          'build',
          '--builder=multiarch',
          '--progress=plain',
          '--platform=linux/amd64,linux/arm64',
          '--output=type=registry,push=true',
          '--build-arg',
          'ADDITIONAL_PACKAGE=',
          '--tag',
          'me/fn:0.1',
          '.',
          '--tag',
          'me/fn:next',
        ],
      ],
    )
    const rules = [
      { when: 'buildx inspect', status: 1 },
      { when: 'buildx create', status: 125, says: 'unknown flag: --name' },
    ]
    const without = await project.run(['publish'], { rules })
    assert.equal(without.status, 1)
    assert.match(without.stderr, /has no buildx, which this needs\nInstall it \(Debian: docker-buildx/)
    await project.fill(stackOf(`${FUNCTION}\n    platforms: linux/arm64`))
    const own = await project.run(['publish'])
    assert.ok(own.calls.at(-1)?.words.includes('--platform=linux/arm64'))
  })

  it('18.6.81: local-run --print touches nothing; secrets must be there; limits are Docker’s', async () => {
    const limits = 'limits:\n      memory: 2Mi\n      cpu: 100m'
    await project.fill(
      stackOf(`${FUNCTION}\n    environment:\n      A: b\n    secrets: [key]\n    ${limits}`),
    )
    const printed = await project.run(['local-run', '--print', '-p', '0', '-e', 'C=d,E=f'])
    assert.equal(printed.status, 0, printed.stderr)
    assert.deepEqual(printed.calls, [])
    assert.match(
      printed.stdout,
      /^docker run --name fn --rm -i -p=\d+:8080 -e=A=b -e=C=d -e=E=f -e=OPENFAAS_NAME=fn -e=OPENFAAS_NAMESPACE=openfaas-fn -e=jwt_auth_local=true --memory-reservation=6291456 --cpus=0\.1 --volume=\S+\.secrets:\/var\/openfaas\/secrets '-e=fprocess=node index\.js' me\/fn:0\.1\n$/,
    )
    assert.match(printed.stderr, /less than Docker takes/)

    const missing = await project.run(['local-run'])
    assert.equal(missing.status, 1)
    assert.match(missing.stderr, /[Ss]ecret key is missing/)
    await project.write({ '.secrets/key': 'x' })
    const ran = await project.run(['local-run', '--build=false'])
    assert.equal(ran.status, 0)
    assert.deepEqual(
      ran.calls.slice(-2).map(({ words }) => words.slice(0, 3)),
      [
        ['rm', '-f', 'fn'],
        ['run', '--name', 'fn'],
      ],
    )
    assert.match(ran.stdout, /Starting local-run for: fn on: http:\/\/0\.0\.0\.0:8080/)
  })
})
