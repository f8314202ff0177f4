import assert from 'node:assert/strict'
import { chmod, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { BuildProject, FUNCTION, stackOf, TEMPLATE } from '../fixtures/build-project.ts'

describe('the build context that sampan build makes', () => {
  let project: BuildProject

  beforeEach(async () => {
    project = await BuildProject.start()
  })
  afterEach(() => project[Symbol.asyncDispose]())

  const tree = async (folder: string): Promise<readonly string[]> => {
    const entries = await readdir(join(project.rig.cwd, folder), { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(join(project.rig.cwd, folder).length + 1))
      .toSorted()
  }

  it('18.6.70: a build context is the template, the handler over it, and not when it was fetched', async () => {
    await project.fill()
    await chmod(join(project.rig.cwd, 'fn/handler.js'), 0o751)

    const { status, stdout, calls } = await project.run(['build', '--shrinkwrap'])

    assert.equal(status, 0)
    assert.match(stdout, /fn shrink-wrapped to build\/fn/)
    assert.deepEqual(calls, [])
    assert.deepEqual(await tree('build/fn'), [
      '.hidden',
      'Dockerfile',
      'function/handler.js',
      'function/package.json',
      'template.yml',
    ])
    assert.equal(await readFile(join(project.rig.cwd, 'build/fn/function/handler.js'), 'utf8'), 'mine')
    assert.equal((await stat(join(project.rig.cwd, 'build/fn/function/handler.js'))).mode & 0o777, 0o751)
    assert.equal((await stat(join(project.rig.cwd, 'build/fn'))).mode & 0o777, 0o700)
    await project.run(['build', '--shrinkwrap'], { env: { CI: '1' } })
    assert.equal((await stat(join(project.rig.cwd, 'build/fn'))).mode & 0o777, 0o777)
  })

  it('18.6.70: with a nested handler folder, and with a Dockerfile of its own, which needs no template', async () => {
    await project.write({
      ...TEMPLATE,
      'template/node/template.yml': 'language: node\nhandler_folder: src/main\n',
      'stack.yaml': stackOf(FUNCTION, 'lang: Dockerfile\n    handler: ./plain\n    image: plain'),
      'fn/handler.js': 'mine',
      'plain/Dockerfile': 'FROM base\n',
    })
    assert.equal((await project.run(['build', '--shrinkwrap'])).status, 0)
    assert.ok((await tree('build/fn')).includes('src/main/handler.js'))
    assert.deepEqual(await tree('build/fn1'), ['Dockerfile'])
  })

  it('18.6.71: dot-files and links are copied, build and template are not, a link to nothing is an error', async () => {
    await project.fill()
    await project.write({
      'fn/build/x': '',
      'fn/template/x': '',
      'fn/sub/build/y': '',
      'fn/.env': '',
      'other/z': 'z',
    })
    await symlink('../other', join(project.rig.cwd, 'fn/link'))
    assert.equal((await project.run(['build', '--shrinkwrap'])).status, 0)
    const found = (await tree('build/fn/function')).join(' ')
    assert.match(found, /\.env .*handler\.js.*link\/z.*sub\/build\/y/)
    assert.doesNotMatch(found, /(^| )build|template/)

    await symlink('nowhere', join(project.rig.cwd, 'fn/dangling'))
    const failed = await project.run(['build', '--shrinkwrap'])
    assert.equal(failed.status, 1)
    assert.match(failed.stderr, /dangling, a link to nowhere,/)
  })

  it('18.6.72: further paths are copied beside the handler; those outside of the project are refused', async () => {
    const copies = `${stackOf(FUNCTION)}configuration:\n  copy:\n    - ./shared\n`
    await project.fill(copies)
    await project.write({ 'shared/a': 'a', 'more/b': 'b' })
    assert.equal((await project.run(['build', '--shrinkwrap', '--copy-extra', 'more'])).status, 0)
    const found = await tree('build/fn/function')
    assert.ok(found.includes('shared/a') && found.includes('more/b'))
    for (const [path, words] of [
      ['..', /outside of the build context/],
      ['.', /equal the entire project/],
      [`../${project.rig.cwd.split('/').at(-1)}-x`, /outside of the build context/],
      ['nothing', /does not exist/],
    ] as const) {
      const { status, stderr } = await project.run(['build', '--shrinkwrap', '--copy-extra', path])
      assert.equal(status, 1)
      assert.match(stderr, words)
    }
  })
})
