import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as v from 'valibot'
import { jsonSchema } from '../../src/gateway/api/description/json-schema.ts'
import { functionDeployment, scaleServiceRequest } from '../../src/wire/request-schemas.ts'
import { functionStatusAnswer } from '../../src/wire/answer-schemas.ts'

const TEXT = { type: ['string', 'null'] }
const MAP = { type: ['object', 'null'], additionalProperties: { type: 'string' } }

describe('the JSON schema of a body', () => {
  it('has null as one more type, and no fields that have to be there, for what a client sends', () => {
    assert.deepEqual(jsonSchema(scaleServiceRequest), {
      type: 'object',
      properties: {
        serviceName: TEXT,
        namespace: TEXT,
        replicas: { type: ['integer', 'null'], minimum: 0, maximum: 4_294_967_295 },
      },
    })
  })

  it('has the maps and lists of a deployment', () => {
    const { properties } = jsonSchema(functionDeployment) as { properties: Record<string, unknown> }

    assert.deepEqual(properties['labels'], MAP)
    assert.deepEqual(properties['secrets'], { type: ['array', 'null'], items: TEXT })
    assert.deepEqual(properties['limits'], {
      type: ['object', 'null'],
      properties: {
        memory: TEXT,
        cpu: TEXT,
        'nvidia.com/gpu': TEXT,
        'amd.com/gpu': TEXT,
        'intel.com/gpu': TEXT,
      },
    })
  })

  it('says of an answer which fields are always there, and which words there are', () => {
    const status = jsonSchema(functionStatusAnswer) as {
      properties: Record<string, { properties?: Record<string, unknown> }>
      required: readonly string[]
    }

    const always = 'name namespace image labels annotations replicas availableReplicas createdAt'
    assert.deepEqual(status.required, always.split(' '))
    assert.deepEqual(status.properties['labels'], {
      type: 'object',
      additionalProperties: { type: 'string' },
    })
    const { state, serving } = status.properties['status']?.properties ?? {}
    const states = ['ready', 'starting', 'updating', 'degraded', 'failing', 'sleeping']
    assert.deepEqual(state, { type: 'string', enum: states })
    assert.deepEqual(serving, {
      type: ['object', 'null'],
      properties: { revision: { type: 'integer', minimum: 0 }, image: { type: 'string' } },
      required: ['revision', 'image'],
    })
  })

  it('is not made up of a kind that has none', () => {
    assert.throws(() => jsonSchema(v.object({ at: v.date() })), /"date" schema cannot be converted/)
    assert.deepEqual(jsonSchema(v.union([v.string(), v.number()])), {
      anyOf: [{ type: 'string' }, { type: 'number' }],
    })
  })
})
