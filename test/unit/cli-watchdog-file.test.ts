import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { SHIPPED_TEMPLATES, shippedTemplates } from '../../src/cli/templates/shipped.ts'
import { readManifest } from '../../src/cli/templates/template-manifest.ts'
import { takesWatchdog, watchdogFile } from '../../src/cli/templates/watchdog-file.ts'

const TAKES = [
  'COPY fwatchdog /usr/bin/fwatchdog',
  'FROM x\ncopy ./other fwatchdog /usr/bin/',
  'COPY --chmod=755 fwatchdog /usr/bin/',
  'ADD fwatchdog hello /',
  'COPY ["fwatchdog", "/usr/bin/"]',
  'COPY \\\n  fwatchdog \\\n  /usr/bin/',
]

const HAS_ITS_OWN = [
  'COPY --from=watchdog /fwatchdog /usr/bin/fwatchdog',
  '# COPY fwatchdog /usr/bin/',
  'COPY function/fwatchdog /usr/bin/',
  'RUN chmod +x fwatchdog ',
  'CMD ["fwatchdog"]',
]

describe('the watchdog in a build context', () => {
  for (const dockerfile of TAKES)
    it(`belongs beside ${JSON.stringify(dockerfile)}`, () => assert.ok(takesWatchdog(dockerfile)))
  for (const dockerfile of HAS_ITS_OWN)
    it(`does not beside ${JSON.stringify(dockerfile)}`, () => assert.ok(!takesWatchdog(dockerfile)))

  it('is named by platform, and another platform says which there are', async () => {
    await assert.rejects(watchdogFile('linux/riscv64'), { name: 'CliError', message: /riscv64/ })
  })
})

describe('templates that come with the program', () => {
  it('each has what a template has, in keys that faas-cli knows', async () => {
    for (const name of await shippedTemplates()) {
      const folder = join(SHIPPED_TEMPLATES, name)
      const manifest = await readManifest(folder)
      assert.equal(manifest.language, name)
      assert.equal(manifest.handlerFolder, 'function')
      assert.ok(manifest.welcomeMessage.endsWith('\n'))
      const file = name === 'dockerfile' ? 'function/Dockerfile' : 'Dockerfile'
      const dockerfile = await readFile(join(folder, file), 'utf8')
      assert.ok(takesWatchdog(dockerfile), name)
      // A deployment sends what template.yml says, and a plain `docker run` goes by the image.
      const inImage = / fprocess="?([^"\n]*)"?/.exec(dockerfile)?.[1] ?? ''
      assert.equal(
        inImage,
        manifest.fprocess === '' && name === 'dockerfile' ? 'cat' : manifest.fprocess,
        name,
      )
      assert.ok(dockerfile.startsWith('#') || dockerfile.startsWith('ARG BASE_IMAGE='), name)
    }
  })
})
