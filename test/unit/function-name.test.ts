import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  functionName,
  nameOf,
  namespaceOf,
  parseFunctionName,
} from '../../src/core/functions/function-name.ts'

describe('function names', () => {
  it('puts a bare name into the default namespace', () => {
    assert.equal(parseFunctionName('figlet'), 'figlet.openfaas-fn')
  })

  it('splits at the last dot', () => {
    const fn = functionName('figlet', 'dev')

    assert.equal(fn, 'figlet.dev')
    assert.equal(nameOf(fn), 'figlet')
    assert.equal(namespaceOf(fn), 'dev')
    assert.equal(parseFunctionName('a.b.c'), null)
  })

  for (const bad of [
    '',
    '.',
    '.dev',
    'a.',
    'A',
    'a_b',
    '-a',
    'a-',
    'a'.repeat(64),
    'é',
    '__proto__',
    'a\n',
  ]) {
    it(`knows that ${JSON.stringify(bad.slice(0, 12))} names no function`, () =>
      assert.equal(parseFunctionName(bad), null))
  }

  it('names the field and shows the value of a bad name, cut when it is long', () => {
    assert.throws(() => functionName('Bad Name'), /^FaasError: service: "Bad Name" must be/)
    assert.throws(
      () => functionName('ok', 'x'.repeat(500)),
      (error: Error) => error.message.length < 250,
    )
  })
})
