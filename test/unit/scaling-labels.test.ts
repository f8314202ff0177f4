import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  checkScalingLabels,
  misplacedRemarks,
  scalingPolicy,
  scalingRemarks,
  type ScalingPolicy,
} from '../../src/core/scaling/scaling-labels.ts'

const defaults = { serverMax: 100, target: null, windowMs: null, removeAfterMs: 3_600_000 }
const SCALE = 'com.openfaas.scale'

const policyOf = (labels: Record<string, string>): ScalingPolicy =>
  scalingPolicy(
    Object.fromEntries(Object.entries(labels).map(([name, text]) => [`${SCALE}.${name}`, text])),
    defaults,
  )

describe('the labels of scaling', () => {
  it('the policy without any label is that of OpenFaaS', () => {
    assert.deepEqual(scalingPolicy({}, defaults), {
      type: 'rps',
      target: 50,
      proportion: 0.9,
      min: 1,
      max: 20,
      windowMs: 60_000,
      zeroAfterMs: null,
      removesAtZero: false,
      removeAfterMs: 3_600_000,
      freezeAfterMs: null,
    })
  })

  const read: readonly (readonly [
    label: string,
    text: string,
    field: keyof ScalingPolicy,
    value: unknown,
  ])[] = [
    ['type', 'capacity', 'type', 'capacity'],
    ['type', 'CPU', 'type', 'cpu'],
    ['type', 'my-rule', 'type', null],
    ['type', '', 'type', 'rps'],
    ['mode', 'queue', 'type', 'queue'],
    ['target', '0.5', 'target', 0.5],
    ['target', ' 500 ', 'target', 500],
    ['target-proportion', '1', 'proportion', 1],
    ['target-proportion', '0.70', 'proportion', 0.7],
    ['proportion', '0.5', 'proportion', 0.5],
    ['min', '3', 'min', 3],
    ['max', '50', 'max', 50],
    ['max', '1000', 'max', 100],
    ['max', 'many', 'max', 20],
    ['min', '30', 'max', 30],
    ['max', '5', 'target', 5],
    ['max', '5', 'proportion', 1],
    ['max', '5', 'windowMs', 20_000],
    ['max', 'many', 'target', 50],
    ['min', '2', 'target', 50],
    ['factor', '0', 'type', null],
    ['factor', ' 00 ', 'type', null],
    ['factor', '1', 'type', 'rps'],
    ['down.window', '0', 'windowMs', 0],
    ['down.window', '5m', 'windowMs', 300_000],
    ['freeze', '10s', 'freezeAfterMs', 10_000],
  ]
  for (const [label, text, field, value] of read)
    it(`${label} ${JSON.stringify(text)} makes ${field} ${String(value)}`, () => {
      checkScalingLabels({ [`${SCALE}.${label}`]: text })
      assert.equal(policyOf({ [label]: text })[field], value)
    })

  it('the name of OpenFaaS wins over its alias', () => {
    assert.equal(policyOf({ mode: 'cpu', type: 'rps' }).type, 'rps')
    assert.equal(policyOf({ proportion: '0.1', 'target-proportion': '0.2' }).proportion, 0.2)
  })

  it('whoever says what the load is gets the usual target and window, whatever else there is', () => {
    for (const signal of [{ type: 'rps' }, { mode: 'capacity' }, { proportion: '0.9' }, { target: '50' }]) {
      const { target, proportion, windowMs } = policyOf({ ...signal, max: '5' })
      assert.deepEqual([target, proportion, windowMs], [50, 0.9, 60_000])
    }
    assert.equal(policyOf({ type: 'queue', factor: '0' }).type, 'queue')
    assert.equal(policyOf({ max: '5', 'down.window': '1m' }).windowMs, 60_000)
  })

  it('settings of the server hold for all functions that do not say otherwise', () => {
    const labels = { [`${SCALE}.max`]: '5' }
    const set = { ...defaults, target: 70, windowMs: 90_000 }
    for (const policy of [scalingPolicy(labels, set), scalingPolicy({}, set)])
      assert.deepEqual([policy.target, policy.windowMs], [70, 90_000])
  })

  it('zero is for those that say exactly true or 1', () => {
    for (const zero of ['true', '1']) assert.equal(policyOf({ zero }).zeroAfterMs, 900_000)
    for (const zero of ['True', 'yes', 'false', '0', ''])
      assert.equal(policyOf({ zero, 'zero-duration': '1m' }).zeroAfterMs, null)
    assert.equal(policyOf({ zero: 'true', 'zero-duration': '20' }).zeroAfterMs, 20_000)
    assert.equal(policyOf({ zero: 'true', 'zero-mode': 'stop' }).removesAtZero, true)
  })

  const refused: readonly (readonly [label: string, text: string])[] = [
    [`${SCALE}.type`, 'a b'],
    [`${SCALE}.mode`, '-'],
    [`${SCALE}.target`, '0'],
    [`${SCALE}.target`, '-1'],
    [`${SCALE}.target`, 'NaN'],
    [`${SCALE}.target`, '1e3'],
    [`${SCALE}.target`, '99999999999999999'],
    [`${SCALE}.target-proportion`, '0'],
    [`${SCALE}.target-proportion`, '1.01'],
    [`${SCALE}.proportion`, 'half'],
    [`${SCALE}.down.window`, '5m1s'],
    [`${SCALE}.down.window`, '-1s'],
    [`${SCALE}.zero-duration`, '9s'],
    [`${SCALE}.zero-duration`, 'soon'],
    [`${SCALE}.freeze`, '1ms'],
    [`${SCALE}.zero-mode`, 'sleep'],
    ['com.sampan.scale.remove-duration', '0'],
  ]
  for (const [label, text] of refused)
    it(`${label} ${JSON.stringify(text)} is refused by its name, and ignored in an old registry`, () => {
      assert.throws(
        () => checkScalingLabels({ [label]: text }),
        ({ code, message }: { code: string; message: string }) =>
          code === 'invalid' && message.startsWith(`labels.${label}: `),
      )
      assert.deepEqual(scalingPolicy({ [label]: text }, defaults), scalingPolicy({}, defaults))
    })

  it('those of replicas, of alerts and of zero are taken whatever they say', () => {
    const labels = { min: 'few', max: '99999999999', factor: '-1', zero: 'perhaps' }
    checkScalingLabels(
      Object.fromEntries(Object.entries(labels).map(([name, text]) => [`${SCALE}.${name}`, text])),
    )
  })

  it('annotations that look like them have no effect, which is remarked on', () => {
    const annotations = { [`${SCALE}.min`]: '3', 'com.sampan.scale.remove-duration': '1h', topic: 'a' }

    assert.deepEqual(misplacedRemarks(annotations), [
      'annotations."com.openfaas.scale.min": has no effect: scaling is set by labels',
      'annotations."com.sampan.scale.remove-duration": has no effect: scaling is set by labels',
    ])
  })

  it('a rule that is not here, and a zero that is neither, are remarked on', () => {
    const remarks = scalingRemarks({ [`${SCALE}.type`]: 'my-rule', [`${SCALE}.zero`]: 'yes' })

    assert.match(remarks.join('\n'), /scale\.type: "my-rule" is none of rps, .*\n.*scale\.zero: "yes"/)
    assert.deepEqual(scalingRemarks({ [`${SCALE}.type`]: 'rps', [`${SCALE}.zero`]: 'false' }), [])
  })
})
