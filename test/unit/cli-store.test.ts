import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

const LIST = {
  version: '0.2.1',
  functions: [
    {
      title: 'A title that is longer than forty characters are',
      name: 'long',
      description: 'word '.repeat(30).trim(),
      images: { x86_64: 'reg/long:1', arm64: 'reg/long:arm64' },
      fprocess: 'run it',
      environment: { A: 'store', B: 'store' },
      labels: { l: 'store' },
      annotations: { n: 'store' },
      readOnlyRootFilesystem: true,
      network: 'ignored',
    },
    {
      title: 'Small & <one>',
      name: 'small',
      author: 'me',
      images: { armhf: 'reg/small:armhf', X86_64: 'reg/small:1' },
    },
  ],
}

async function withStore(): Promise<{ readonly rig: CliRig; readonly env: Record<string, string> }> {
  const rig = await CliRig.start()
  rig.reply('GET', '/f.json', { body: JSON.stringify(LIST) })
  return { rig, env: { OPENFAAS_STORE: `${rig.url}/f.json/` } }
}

const bodies = (rig: CliRig, method: string): readonly unknown[] =>
  rig.requests
    .filter((one) => one.method === method)
    .map(({ body }) => JSON.parse(body.toString()) as unknown)

describe('store list and describe', () => {
  it('18.6.83: lists what has an image for the platform', async () => {
    const { rig, env } = await withStore()
    await using _ = rig
    const list = async (...flags: readonly string[]): Promise<string> => {
      const { status, stdout } = await rig.run(['store', 'list', '--output', 'name', ...flags], { env })
      assert.equal(status, 0)
      return stdout
    }
    assert.equal(await list('-p', 'x86_64'), 'long\nsmall\n')
    assert.equal(await list('-p', 'arm64'), 'long\n')
    assert.equal(await list('-p', 'ARMHF'), 'small\n')
    const { stdout } = await rig.run(['store', 'ls', '-p', 'x86_64'], { env })
    assert.match(stdout, /^FUNCTION +AUTHOR +DESCRIPTION$/m)
    assert.match(stdout, /^long +unknown +A title that is longer than forty cha\.\.\.$/m)
    assert.match(
      (await rig.run(['store', 'ls', '-p', 'x86_64', '-v'], { env })).stdout,
      /forty characters are$/m,
    )
    const none = await rig.run(['store', 'list', '-p', 's390x'], { env })
    assert.deepEqual([none.status, /X86_64, arm64, armhf, x86_64/.test(none.stdout)], [0, true])
    assert.equal((await rig.run(['store', 'list', '-p', 's390x', '-j'], { env })).stdout, '[]\n')
  })

  it('18.6.83: JSON is the entries, escaped as Go does; --url wins over OPENFAAS_STORE', async () => {
    const { rig } = await withStore()
    await using _ = rig
    const env = { OPENFAAS_STORE: 'http://127.0.0.1:1/' }
    const { stdout } = await rig.run(['store', 'list', '-j', '-p', 'armhf', '-u', `${rig.url}/f.json`], {
      env,
    })
    assert.deepEqual(JSON.parse(stdout), [LIST.functions[1]])
    assert.ok(stdout.includes('Small \\u0026 \\u003cone\\u003e'))
  })

  it('describes by name and by title, wrapped; another platform is named', async () => {
    const { rig, env } = await withStore()
    await using _ = rig
    for (const name of ['long', 'A title that is longer than forty characters are']) {
      const { stdout, status } = await rig.run(['store', 'inspect', name, '-p', 'arm64'], { env })
      assert.equal(status, 0)
      assert.match(stdout, /^Title: +A title.*\nAuthor: +unknown\nDescription: +word[^\n]{60,80}\n +word/)
      assert.match(stdout, /^Image: +reg\/long:arm64\nProcess: +run it$/m)
      assert.match(stdout, /^Environment:\n {2}A: store\n {2}B: store\nLabels:\n {2}l: store$/m)
    }
    const missing = await rig.run(['store', 'describe', 'long', '-p', 'armhf'], { env })
    assert.equal(missing.status, 1)
    assert.match(missing.stderr, /Function 'long' not found for platform 'armhf'\n.*x86_64, arm64/)
  })

  it('18.6.83, 18.6.85: without a network it is what comes with the program, or what it was the last time', async () => {
    const { rig, env } = await withStore()
    await using _ = rig
    const fresh = await rig.run(['store', 'list', '--offline'], { env })
    assert.equal(fresh.status, 0)
    assert.match(fresh.stdout, /^echo +sampan/m)
    assert.deepEqual(rig.asked, [])
    await rig.run(['store', 'list'], { env })
    const cached = await rig.run(['store', 'list', '--offline', '-p', 'x86_64', '--output', 'name'], { env })
    assert.equal(cached.stdout, 'long\nsmall\n')
    rig.reply('GET', '/f.json', { status: 502 })
    const failing = await rig.run(['store', 'list', '-p', 'x86_64', '--output', 'name'], { env })
    assert.deepEqual([failing.status, failing.stdout], [0, 'long\nsmall\n'])
    assert.match(failing.stderr, /status 502/)
  })

  it('refuses a list of version 0.1, and what is no list', async () => {
    const { rig, env } = await withStore()
    await using _ = rig
    for (const body of ['[]', '{}', 'null']) {
      rig.reply('GET', '/f.json', { body })
      const { status } = await rig.run(['store', 'list'], { env })
      assert.equal(status, body === 'null' ? 0 : 1, body)
    }
  })
})

describe('store deploy', () => {
  it('18.6.83: sends what deploy sends; the command line wins', async () => {
    const { rig, env } = await withStore()
    await using _ = rig
    rig.reply('PUT', '/system/functions', { status: 404 })
    rig.reply('POST', '/system/functions', { status: 202 })
    const words = [
      'store',
      'deploy',
      'long',
      '-p',
      'X86_64',
      '--name',
      'mine',
      '-n',
      'dev',
      '-e',
      'A=flag',
      '-l',
      'l=flag',
    ]
    const { status, stdout, stderr } = await rig.run([...words, '--memory-limit', '64Mi', '--secret', 's'], {
      env,
    })
    assert.equal(status, 0, stderr)
    assert.equal(stdout, `Deploying: mine.\n\nDeployed. 202 Accepted.\nURL: ${rig.url}/function/mine.dev\n\n`)
    const expected = {
      service: 'mine',
      image: 'reg/long:1',
      namespace: 'dev',
      envProcess: 'run it',
      envVars: { A: 'flag', B: 'store' },
      secrets: ['s'],
      labels: { l: 'flag' },
      annotations: { n: 'store' },
      limits: { memory: '64Mi' },
      readOnlyRootFilesystem: true,
    }
    assert.deepEqual(bodies(rig, 'PUT'), [expected])
    assert.deepEqual(bodies(rig, 'POST'), [expected])
  })

  it('a function that is there is updated; failures are failures', async () => {
    const { rig, env } = await withStore()
    await using _ = rig
    rig.reply(
      'PUT',
      '/system/functions',
      { status: 200 },
      { status: 400, body: 'bad image' },
      { status: 401 },
    )
    const words = ['store', 'deploy', 'small', '-p', 'armhf']
    assert.match(
      (await rig.run(words, { env })).stdout,
      /already exists, attempting rolling-update\.\n\nDeployed\. 200 OK\./,
    )
    const refused = await rig.run(words, { env })
    assert.deepEqual([refused.status, /400, message: bad image/.test(refused.stderr)], [1, true])
    assert.equal((await rig.run(words, { env })).status, 1)
    assert.equal((await rig.run([...words, '-e', 'A'], { env })).status, 1)
    rig.reply('DELETE', '/system/functions', { status: 202 })
    rig.reply('POST', '/system/functions', { status: 202 })
    const replaced = await rig.run([...words, '--replace', '--update=false'], { env })
    assert.match(replaced.stdout, /^Removing old function\.$/m)
  })

  it('builds what comes as source, with the watchdog in the context', async () => {
    await using rig = await CliRig.start()
    const bin = join(rig.home, 'bin')
    await mkdir(bin)
    // The last word is the context.
    const script = `#!/bin/sh\necho "$@" >${rig.home}/said\nfor context; do :; done\nls "$context" "$context/function" >${rig.home}/context\nexit \${DOCKER_STATUS:-0}\n`
    await writeFile(join(bin, 'docker'), script)
    await chmod(join(bin, 'docker'), 0o755)
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` }
    rig.reply('PUT', '/system/functions', { status: 200 })
    const words = ['store', 'deploy', 'echo', '--offline', '-p', 'arm64', '-b', 'BASE_IMAGE=mine']
    const { status, stderr } = await rig.run(words, { env })
    assert.equal(status, 0, stderr)
    assert.match(
      await readFile(join(rig.home, 'said'), 'utf8'),
      /^build --tag sampan-store\/echo:latest --build-arg BASE_IMAGE=mine \//,
    )
    const context = await readFile(join(rig.home, 'context'), 'utf8')
    for (const name of ['Dockerfile', 'fwatchdog', 'index.mjs', 'handler.js'])
      assert.ok(context.split('\n').includes(name), name)
    assert.equal((bodies(rig, 'PUT')[0] as { image: string }).image, 'sampan-store/echo:latest')
    const failed = await rig.run(words, { env: { ...env, DOCKER_STATUS: '3' } })
    assert.deepEqual([failed.status, bodies(rig, 'PUT').length], [1, 1])
  })
})
