import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { boundsRemarks } from '../../src/core/scaling/scaling-policy.ts'
import type { FunctionResources } from '../../src/core/functions/function-spec.ts'
import { checkCores, resourceRemarks } from '../../src/provider/docker/container/resource-remarks.ts'
import { deployed } from '../fixtures/deployed.ts'

function spec(limits: FunctionResources, requests: FunctionResources = {}) {
  return deployed({ spec: { limits, requests } }).spec
}

describe('resources that a host cannot give', () => {
  it('are refused when thousandths of a core must be meant', () => {
    assert.throws(() => checkCores(spec({ cpu: '500' }), 2), {
      code: 'invalid',
      message: 'limits.cpu: "500" is 500 cores, and this host has 2: write "500m" for thousandths of a core',
    })
    assert.throws(() => checkCores(spec({}, { cpu: '250' }), 2), /requests\.cpu/)
  })

  it('are not refused when the host has them, they may be meant, or the host is not known', () => {
    checkCores(spec({ cpu: '500m' }), 2)
    checkCores(spec({ cpu: '64' }), 2)
    checkCores(spec({ cpu: '128' }), 192)
    checkCores(spec({ cpu: '500' }), 0)
  })

  it('are told of, each by its field, when they are cut or raised', () => {
    const remarks = resourceRemarks(spec({ cpu: '4', memory: '2Mi' }, { memory: '3Mi' }), 2)

    assert.deepEqual(remarks, [
      'limits.cpu: "4" is more than this host has, and becomes 2',
      'limits.memory: "2Mi" is less than the engine can, and becomes 6Mi',
      'requests.memory: "3Mi" is less than the engine can, and becomes 6Mi',
      'requests.memory: "3Mi" is more than limits.memory, and becomes as much',
    ])
    assert.match(
      resourceRemarks(spec({ cpu: '1m' }), 2)[0] ?? '',
      /less than the engine can, and becomes 10m/,
    )
    assert.deepEqual(resourceRemarks(spec({ cpu: '2', memory: '64Mi' }, { cpu: '1', memory: '64Mi' }), 2), [])
  })
})

describe('bounds of replicas', () => {
  it('bounds of replicas that the server does not allow are told of', () => {
    const labels = { 'com.openfaas.scale.min': '2', 'com.openfaas.scale.max': '100000' }

    assert.deepEqual(boundsRemarks(labels, 100), [
      'labels.com.openfaas.scale.max: 100000 is more than the 100 replicas that a function may have, and becomes 100',
    ])
  })
})
