import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import { type ImageCommand, planWatchdog } from '../../src/provider/docker/container/watchdog-injection.ts'
import { deployed } from '../fixtures/deployed.ts'

function image(change: Partial<ImageCommand> = {}): ImageCommand {
  return { entrypoint: [], cmd: [], env: [], ...change }
}

function plan(
  from: ImageCommand,
  spec: Parameters<typeof deployed>[0] extends infer D ? NonNullable<D> : never = {},
) {
  return planWatchdog(from, deployed(spec).spec)
}

const wish = (text: string) => ({ spec: { annotations: { 'com.sampan.watchdog': text } } })

describe('the watchdog of a function', () => {
  it('the watchdog of a function is left alone in an image that has one, wherever the image names it', () => {
    const untouched = { kind: 'untouched', watchdog: true, isPid1: true }
    const process = { spec: { envProcess: 'cat' } }

    assert.deepEqual(plan(image({ cmd: ['fwatchdog'] }), process), untouched)
    assert.deepEqual(plan(image({ entrypoint: ['/usr/bin/fwatchdog'] }), process), untouched)
    assert.deepEqual(plan(image({ cmd: ['./of-watchdog'] }), process), untouched)
    assert.deepEqual(plan(image({ entrypoint: ['/app/fwatchdog-arm64', '-x'] }), process), untouched)
  })

  it('the watchdog of a function is found behind a shell, where it is not PID 1', () => {
    const found = plan(image({ cmd: ['/bin/sh', '-c', 'A=1 exec /usr/bin/fwatchdog'] }), {
      spec: { envProcess: 'cat' },
    })

    assert.deepEqual(found, { kind: 'untouched', watchdog: true, isPid1: false })
  })

  it('the watchdog of a function is part of an image whose watchdog is compiled in', () => {
    const found = plan(image({ cmd: ['/handler'], env: ['mode=inproc', 'fprocess=/handler'] }))

    assert.deepEqual(found, { kind: 'untouched', watchdog: true, isPid1: false })
  })

  it('the watchdog of a function is not needed by an image that serves by itself', () => {
    const found = plan(image({ entrypoint: ['/docker-entrypoint.sh'], cmd: ['nginx'] }))

    assert.deepEqual(found, { kind: 'untouched', watchdog: false, isPid1: false })
  })

  it('the watchdog of a function is not mistaken for a program with a similar name', () => {
    const names = ['watchdog.py', 'watchdogd', 'notwatchdog', 'watchmedo']

    for (const name of names)
      assert.equal(plan(image({ cmd: [name] }), { spec: { envProcess: 'cat' } }).kind, 'inject', name)
  })

  it('the watchdog of a function is ours when the deployment or the image names a process', () => {
    const ours = { kind: 'inject', argv: [] }

    assert.deepEqual(plan(image({ cmd: ['sh'] }), { spec: { envProcess: 'cat' } }), ours)
    assert.deepEqual(plan(image({ cmd: ['sh'] }), { spec: { envVars: { fprocess: 'cat' } } }), ours)
    assert.deepEqual(plan(image({ cmd: ['sh'], env: ['fprocess=cat'] })), ours)
  })

  it('runs the image as its process when asked for without a process', () => {
    const found = plan(image({ entrypoint: ['python3'], cmd: ['app.py'] }), wish('inject'))

    assert.deepEqual(found, { kind: 'inject', argv: ['--', 'python3', 'app.py'] })
  })

  it("takes the place of the image's own when asked to", () => {
    assert.deepEqual(plan(image({ cmd: ['fwatchdog'] }), wish('replace')), {
      kind: 'replace',
      path: '/usr/bin/fwatchdog',
      isPid1: true,
    })
    assert.deepEqual(plan(image({ cmd: ['/home/app/of-watchdog'] }), wish('replace')), {
      kind: 'replace',
      path: '/home/app/of-watchdog',
      isPid1: true,
    })
    assert.equal(plan(image({ cmd: ['fwatchdog'] }), wish('inject')).kind, 'replace')
  })

  it('stays away when told to', () => {
    const found = plan(image({ cmd: ['sh'] }), {
      spec: { envProcess: 'cat', annotations: { 'com.sampan.watchdog': 'none' } },
    })

    assert.equal(found.kind, 'untouched')
  })

  it('the watchdog of a function cannot be what makes no sense, and says so', () => {
    const senseless = [
      () => plan(image({ cmd: ['sh'] }), wish('maybe')),
      () => plan(image({ cmd: ['sh'] }), wish('replace')),
      () => plan(image({ cmd: ['./of-watchdog'] }), wish('replace')),
      () => plan(image(), wish('inject')),
    ]

    for (const attempt of senseless) {
      assert.throws(
        attempt,
        (error: unknown) => hasCode(error, 'invalid') && String(error).includes('com.sampan.watchdog'),
      )
    }
  })
})
