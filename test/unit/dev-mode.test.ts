import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError } from '../../src/core/errors.ts'
import { checkDevAnnotation, devFolder, isDev } from '../../src/core/functions/dev-mode.ts'
import { revisionToReturnTo } from '../../src/core/functions/revision-history.ts'
import { functionPolicy } from '../../src/core/scaling/scaling-labels.ts'
import { functionBounds } from '../../src/core/scaling/scaling-policy.ts'
import { containerIdentity } from '../../src/provider/docker/container/container-spec.ts'
import { containerLabels, readContainerLabels } from '../../src/provider/docker/container/labels.ts'
import { planWatchdog } from '../../src/provider/docker/container/watchdog-injection.ts'
import { BARE_IMAGE, deployed, WATCHDOG_IMAGE } from '../fixtures/deployed.ts'
import { earlierRevision } from '../fixtures/dev-deployment.ts'

const DEV = { 'com.sampan.dev': '/home/app/function' }

describe('a deployment that somebody works on', () => {
  it('names the folder of its handler, or says that it is built anew', () => {
    checkDevAnnotation(DEV)
    checkDevAnnotation({})

    assert.equal(devFolder(DEV), '/home/app/function')
    assert.deepEqual(
      [isDev({}), isDev({ 'com.sampan.dev': 'rebuild' }), devFolder({ 'com.sampan.dev': 'rebuild' })],
      [false, true, null],
    )
  })

  it('is refused with a folder that leads elsewhere, or is none', () => {
    for (const folder of [
      'app',
      '/',
      '//',
      '/a/../etc',
      '/a/.',
      '/a/',
      '/proc/1',
      '/sys',
      '/dev/shm',
      `/${'a'.repeat(2_000)}`,
      '/a\0b',
    ])
      assert.throws(
        () => checkDevAnnotation({ 'com.sampan.dev': folder }),
        (error: Error) => error instanceof FaasError && /annotations\.com\.sampan\.dev/.test(error.message),
        folder,
      )
  })

  it('has one replica and is not scaled to zero, whatever its labels say', () => {
    const labels = { 'com.openfaas.scale.min': '3', 'com.openfaas.scale.zero': 'true' }
    const defaults = { serverMax: 20, target: null, windowMs: null, removeAfterMs: 1 }

    assert.deepEqual(functionBounds({ labels, annotations: DEV }, 20), { min: 1, max: 1 })
    assert.deepEqual(functionBounds({ labels, annotations: {} }, 20), { min: 3, max: 20 })
    const { min, max, zeroAfterMs } = functionPolicy({ labels, annotations: DEV }, defaults)
    assert.deepEqual([min, max, zeroAfterMs], [1, 1, null])
    assert.notEqual(functionPolicy({ labels, annotations: {} }, defaults).zeroAfterMs, null)
  })

  it('is nothing that a rollback returns to by itself', () => {
    const earlier = [earlierRevision(3, DEV), earlierRevision(2, {})]

    assert.equal(revisionToReturnTo(deployed({ revision: 4 }), earlier, undefined).revision, 2)
    assert.equal(revisionToReturnTo(deployed({ revision: 4 }), earlier, 3).revision, 3)
  })
})

describe('the container of a deployment that somebody works on', () => {
  const dev = deployed({ spec: { annotations: DEV } })

  it('has our watchdog in place of its own, and says that it takes changes', () => {
    assert.deepEqual(planWatchdog(WATCHDOG_IMAGE, dev.spec), {
      kind: 'replace',
      path: '/usr/bin/fwatchdog',
      isPid1: true,
    })
    const identity = containerIdentity(dev, WATCHDOG_IMAGE)
    assert.equal(identity.takesChanges, true)
    assert.equal(readContainerLabels(containerLabels('x', identity))?.takesChanges, true)
  })

  it('takes none where process 1 is no watchdog of ours', () => {
    const without = deployed({ spec: { annotations: { ...DEV, 'com.sampan.watchdog': 'none' } } })
    const shell = { entrypoint: ['sh', '-c', 'fwatchdog'], cmd: [], env: [] }

    assert.equal(containerIdentity(dev, BARE_IMAGE).takesChanges, undefined)
    assert.equal(containerIdentity(without, WATCHDOG_IMAGE).takesChanges, undefined)
    assert.equal(containerIdentity(dev, shell).takesChanges, undefined)
    assert.equal(containerIdentity(deployed(), WATCHDOG_IMAGE).takesChanges, undefined)
  })
})
