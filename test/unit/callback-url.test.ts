import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError } from '../../src/core/errors.ts'
import { AddressPolicy } from '../../src/queue/callbacks/address-policy.ts'
import {
  basicCredentials,
  checkCallbackUrl,
  ownFunctionTarget,
  type CallbackUrlPolicy,
} from '../../src/queue/callbacks/callback-url.ts'

const NAMES = new Set(['gateway', 'localhost', '127.0.0.1', '::1', '192.168.1.5'])

const none = () => false
const addresses = new AddressPolicy({ allow: [], deny: [], privateNetworks: 'open', own: none, isHere: none })

const policy: CallbackUrlPolicy = {
  isOwnCall: (url) => ownFunctionTarget(url, NAMES, 8080) !== null,
  hostRefusal: (host, port) => addresses.hostRefusal(host, port),
}

describe('the check of a callback URL', () => {
  const good = [
    'http://example.org',
    'https://example.org/a/b?c=d%20e',
    'HTTP://Example.ORG:8000/',
    'http://u:p@10.0.0.1/',
    'http://u:p%40ss@host/',
    'http://:p@host/',
    'http://nas.local:9000/x',
    'http://[2606:4700::1]:8080/x',
    // Loopback, but a call of a function of ours.
    'http://127.0.0.1:8080/function/done',
    'http://localhost:8080/async-function/done.team/path?q=1',
    `http://a/${'x'.repeat(2_048 - 9)}`,
  ]
  for (const text of good)
    it(`takes ${text.slice(0, 60)}`, () => {
      assert.equal(checkCallbackUrl(text, policy).href, new URL(text).href)
    })

  const bad: readonly (readonly [string, RegExp])[] = [
    ['', /absolute/],
    ['notaurl', /absolute/],
    ['ht tp://x', /absolute/],
    ['/path', /absolute/],
    ['//host/path', /absolute/],
    ['http:host', /absolute/],
    ['http:/host', /absolute/],
    ['http:///host', /absolute/],
    ['http://', /absolute/],
    ['ftp://host/', /absolute/],
    ['file:///etc/passwd', /absolute/],
    ['javascript:alert(1)', /absolute/],
    [' http://host/', /absolute/],
    ['http://ho st/', /blanks/],
    ['http://host/a b', /blanks/],
    ['http://host/ ', /blanks/],
    ['http://host/\ta', /blanks/],
    ['http://host/\r\nX: y', /blanks/],
    ['http://host/\u0000', /blanks/],
    ['http://host/\u007f', /blanks/],
    ['http://host/é', /blanks/],
    ['http://host\\@other/', /backslash/],
    ['http://host/#a', /fragment/],
    ['http://host/#', /fragment/],
    ['http://host:99999/', /is not a URL/],
    ['http://host:a/', /is not a URL/],
    ['http://[::1/', /is not a URL/],
    ['http://[fe80::1%25eth0]/', /is not a URL/],
    ['http://300.1.1.1/', /is not a URL/],
    ['http://ho%00st/', /is not a URL/],
    ['http://host:0/', /port 0/],
    ['http://a%3Ab:c@host/', /user or password/],
    ['http://a%ff@host/', /user or password/],
    [`http://a/${'x'.repeat(2_048)}`, /longer than 2048 characters, a fixed limit/],
    [
      'http://169.254.169.254/latest/meta-data',
      /169\.254\.169\.254 is a link-local address, and SAMPAN_CALLBACK_ALLOW/,
    ],
    ['http://2852039166/', /link-local/],
    ['http://0xA9FEA9FE/', /link-local/],
    ['http://0251.0376.0251.0376/', /link-local/],
    ['http://169.254.43518/', /link-local/],
    ['http://%31%36%39.254.169.254/', /link-local/],
    ['http://[::ffff:169.254.169.254]/', /link-local/],
    ['http://[fd00:ec2::254]/', /metadata/],
    ['http://127.1/', /loopback/],
    ['http://0/', /unspecified/],
    ['http://localhost:5432/', /loopback/],
    ['http://127.0.0.1:8080/system/functions', /loopback/],
    ['http://127.0.0.1:8080/function/../system/functions', /loopback/],
    ['http://127.0.0.1:8080/function/%2e%2e/system/functions', /loopback/],
    ['http://127.0.0.1:8080/function/', /loopback/],
    ['http://127.0.0.1:8081/function/a', /loopback/],
    ['https://127.0.0.1:8080/function/a', /loopback/],
  ]
  for (const [text, why] of bad)
    it(`refuses ${JSON.stringify(text.slice(0, 60))}`, () => {
      assert.throws(
        () => checkCallbackUrl(text, policy),
        (error: FaasError) =>
          error.code === 'invalid' && why.test(error.message) && /X-Callback-Url/.test(error.message),
      )
    })

  it('repeats neither credentials nor path in an error', () => {
    const texts = [
      'http://secret:hidden@127.0.0.1/token',
      'http://secret:hidden@host:0/token',
      'http://secret@h/#token',
    ]

    for (const text of texts)
      assert.throws(
        () => checkCallbackUrl(text, policy),
        (error: FaasError) => !/secret|hidden|token/.test(error.message),
      )
  })
})

describe('a callback to a function of ours', () => {
  const targets: readonly (readonly [string, string | null])[] = [
    ['http://gateway:8080/function/a', '/function/a'],
    ['http://GATEWAY.:8080/async-function/a.ns/b%2Fc?d=e', '/async-function/a.ns/b%2Fc?d=e'],
    ['http://[::1]:8080/function/a/', '/function/a/'],
    ['http://u:p@127.0.0.1:8080/function/a', '/function/a'],
    ['http://gateway/function/a', null],
    ['http://other:8080/function/a', null],
    ['http://gateway.evil.org:8080/function/a', null],
    ['http://gateway:8080/functions/a', null],
    ['http://gateway:8080//function/a', null],
    ['http://gateway:8080/function//a', null],
    ['http://gateway:8080/function', null],
    ['http://gateway:8080/function/..', null],
    ['http://gateway:8080/system/functions', null],
    ['http://gateway:8080/x?/function/a', null],
  ]
  for (const [text, path] of targets)
    it(`${text}: ${path ?? 'it is not'}`, () => {
      assert.equal(ownFunctionTarget(new URL(text), NAMES, 8080), path)
    })

  it('is found on the port that nobody writes', () => {
    assert.equal(ownFunctionTarget(new URL('http://gateway/function/a'), NAMES, 80), '/function/a')
  })
})

describe('credentials of a callback URL', () => {
  it('are sent decoded, as Basic authorization', () => {
    const value = (text: string) => {
      const [, coded = ''] = (basicCredentials(new URL(text)) ?? '').split(' ')
      return Buffer.from(coded, 'base64').toString()
    }

    assert.equal(value('http://u:p@host/'), 'u:p')
    assert.equal(value('http://u%40x:p%3A%C3%A9@host/'), 'u@x:p:é')
    assert.equal(value('http://u@host/'), 'u:')
    assert.equal(value('http://:p@host/'), ':p')
    assert.equal(basicCredentials(new URL('http://@host/')), null)
    assert.equal(basicCredentials(new URL('http://host/')), null)
  })
})
