import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'
import { type GitServer, startGitServer } from '../fixtures/git-server.ts'

let server: GitServer
before(async () => {
  server = await startGitServer()
})
after(async () => server[Symbol.asyncDispose]())

describe('template pull', () => {
  it('18.6.64: takes a path, an address, a tag and a commit', async () => {
    await using rig = await CliRig.start()
    const [first, second] = server.shas
    const cases = [
      [server.path, '', 'two', second],
      [server.url, '', 'two', second],
      [`${server.url}#v9`, '@v9', 'one', first],
      [`${server.url}#sha-${first.slice(0, 9)}`, `@sha-${first.slice(0, 9)}`, 'one', first],
    ] as const
    for (const [source, suffix, text, sha] of cases) {
      const { status, stdout, stderr } = await rig.run(['template', 'pull', source])
      assert.equal(status, 0, stderr)
      assert.equal(stdout, `Wrote 2 template(s) : [alpha${suffix} beta${suffix}]\n`)
      const folder = join(rig.cwd, 'template', `alpha${suffix}`)
      assert.equal(await readFile(join(folder, 'src/handler.txt'), 'utf8'), text)
      assert.equal((await stat(join(folder, 'src/deep/run.sh'))).mode & 0o777, 0o755)
      const meta = JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8')) as Record<string, unknown>
      assert.equal(meta['repository'], source.split('#')[0])
      assert.equal(meta['ref_name'], suffix === '' ? undefined : suffix.slice(1))
      assert.equal(meta['sha'], sha)
      assert.ok(Date.parse(String(meta['written_at'])) > 0)
    }
  })

  it('18.6.64: a bad reference, no repository and no templates are failures that write nothing', async () => {
    await using rig = await CliRig.start()
    await mkdir(join(rig.cwd, 'empty'))
    const cases = [
      [`${server.url}#v10`, /v10/],
      [`${server.url}#-x`, /no reference/],
      [`${server.url}#sha-xyz`, /no commit/],
      [`${server.path}#v9`, /local path cannot have a reference/],
      ['empty', /no templates in/],
      ['nowhere', /neither a folder nor the address/],
      ['ext::sh -c true', /neither a folder nor the address/],
    ] as const
    for (const [source, error] of cases) {
      const { status, stderr } = await rig.run(['template', 'pull', source])
      assert.equal(status, 1, source)
      assert.match(stderr, error)
      assert.ok(!existsSync(join(rig.cwd, 'template')), source)
    }
  })

  it('18.6.64: --overwrite=false names what is there and writes the others; overwriting deletes nothing', async () => {
    await using rig = await CliRig.start()
    await mkdir(join(rig.cwd, 'template/alpha'), { recursive: true })
    await writeFile(join(rig.cwd, 'template/alpha/mine'), '')
    const kept = await rig.run(['template', 'pull', server.url, '--overwrite=false'])
    assert.equal(kept.status, 1)
    assert.match(kept.stderr, /there already: alpha/)
    assert.deepEqual(await readdir(join(rig.cwd, 'template/alpha')), ['mine'])
    assert.ok(existsSync(join(rig.cwd, 'template/beta/template.yml')))
    assert.equal((await rig.run(['template', 'pull', server.url])).status, 0)
    assert.ok(existsSync(join(rig.cwd, 'template/alpha/mine')))
    assert.ok(existsSync(join(rig.cwd, 'template/alpha/template.yml')))
  })

  it('goes by OPENFAAS_TEMPLATE_URL, also when the usual address is typed', async () => {
    await using rig = await CliRig.start()
    const env = { OPENFAAS_TEMPLATE_URL: server.path }
    const { status } = await rig.run(['template', 'pull', 'https://github.com/openfaas/templates.git'], {
      env,
    })
    assert.equal(status, 0)
    assert.ok(existsSync(join(rig.cwd, 'template/alpha')))
  })

  it('18.6.65: template pull stack takes only what the stack file names', async () => {
    await using rig = await CliRig.start()
    const entry = `    - name: beta\n      source: ${server.url}\n`
    await writeFile(join(rig.cwd, 'stack.yaml'), `version: 1.0\nconfiguration:\n  templates:\n${entry}`)
    const { status, stderr } = await rig.run(['template', 'pull', 'stack'])
    assert.equal(status, 0, stderr)
    assert.deepEqual(await readdir(join(rig.cwd, 'template')), ['beta'])
    await writeFile(join(rig.cwd, 'other.yml'), 'configuration:\n  templates:\n    - name: beta\n')
    const without = await rig.run(['template', 'pull', 'stack', '-f', 'other.yml'])
    assert.equal(without.status, 1)
    assert.match(without.stderr, /"beta" has no source/)
  })

  it('18.6.85: what was fetched once is used when it cannot be again, and by --offline', async () => {
    const own = await startGitServer()
    await using rig = await CliRig.start()
    const never = await rig.run(['template', 'pull', own.url, '--offline'])
    assert.equal(never.status, 1)
    assert.match(never.stderr, /never fetched/)
    assert.equal((await rig.run(['template', 'pull', own.url])).status, 0)
    await own.stop()
    const again = await rig.run(['template', 'pull', own.url])
    assert.equal(again.status, 0)
    assert.match(again.stderr, /the last time is used/)
    assert.equal((await rig.run(['template', 'pull', own.url], { env: { SAMPAN_OFFLINE: '1' } })).status, 0)
    await own[Symbol.asyncDispose]()
  })
})

describe('template bundle', () => {
  it('is a repository that can be pulled from, with the watchdog beside the Dockerfile', async () => {
    await using rig = await CliRig.start()
    const made = await rig.run([
      'template',
      'bundle',
      'node',
      'dockerfile',
      '--output',
      'carried',
      '--platform',
      'linux/arm64',
    ])
    assert.equal(made.status, 0, made.stderr)
    assert.equal((await rig.run(['template', 'pull', 'carried'])).status, 0)
    const there = await readdir(join(rig.cwd, 'template'))
    assert.deepEqual(there.toSorted(), ['dockerfile', 'node'])
    assert.equal((await stat(join(rig.cwd, 'template/node/fwatchdog'))).mode & 0o111, 0o111)
    assert.ok(existsSync(join(rig.cwd, 'template/dockerfile/function/fwatchdog')))
    assert.equal((await rig.run(['template', 'bundle', 'cobol'])).status, 1)
    assert.ok(!existsSync(join(rig.cwd, 'sampan-templates')))
  })
})
