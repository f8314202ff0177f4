import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call } from '../../src/core/calls/call.ts'
import { answerHead } from '../../src/invoke/headers/answer-headers.ts'
import { unknownPairs } from '../../src/invoke/http1/header-kinds.ts'
import { trailerLines } from '../../src/invoke/http1/request-head.ts'
import { requestHeaders, type RequestRules } from '../../src/invoke/headers/request-headers.ts'
import { callWith } from '../fakes/call-with.ts'
import { OPEN_EDGE } from '../fakes/open-edge.ts'

const PEER = { forwardedFor: '192.0.2.7' }
const RULES = { ...OPEN_EDGE, userAgent: 'ua' }
const OURS = ['X-Call-Id', 'id', 'X-Start-Time', '1', 'X-Sampan-Hops', '1', 'User-Agent', 'ua']

describe('headers that no caller may set for a function', () => {
  const sent = (
    raw: readonly string[],
    rules: Partial<RequestRules> = {},
    more: Partial<Call> = {},
  ): string[] => requestHeaders(callWith(raw, more), { ...RULES, ...rules })

  it('are those whose names a program cannot tell from others as variables, unless they are wanted', () => {
    const odd = ['X_Forwarded_For', '1', 'x.forwarded.for', '2', 'X-Under_score', '3', "X'", '4']

    assert.deepEqual(sent([...odd, 'X-Plain1', '5']), ['X-Plain1', '5', ...OURS])
    assert.deepEqual(sent(odd, { keepOddNames: true }), [...odd, ...OURS])
    assert.deepEqual(sent(['Proxy', 'http://evil.example'], { keepOddNames: true }), OURS)
  })

  it('are credentials that the rules hold back, each header by itself, and the rest of the call goes on', () => {
    const asked: (string | null)[] = []
    const mayForward = (value: string, peer: string | null): boolean => {
      asked.push(value, peer)
      return value !== 'ours'
    }

    const headers = sent(
      ['authorization', 'ours', 'Authorization', 'theirs', 'X-A', '1'],
      { mayForward },
      PEER,
    )

    assert.deepEqual(headers.slice(0, 4), ['Authorization', 'theirs', 'X-A', '1'])
    assert.ok(!headers.includes('ours'))
    assert.deepEqual(asked, ['ours', '192.0.2.7', 'theirs', '192.0.2.7'])
  })

  it('include the count of hops, which only goes up, and ends a circle at 16', () => {
    const hops = (...raw: string[]): string | undefined => {
      const headers = sent(raw)
      assert.equal(headers.filter((text) => text.toLowerCase() === 'x-sampan-hops').length, 1)
      return headers[headers.indexOf('X-Sampan-Hops') + 1]
    }

    assert.equal(hops(), '1')
    assert.equal(hops('x-sampan-hops', '3'), '4')
    assert.equal(hops('X-Sampan-Hops', '3', 'X-Sampan-Hops', '9', 'X-Sampan-Hops', '0'), '10')
    assert.equal(hops('X-Sampan-Hops', '5', 'Connection', 'x-sampan-hops'), '6')
    assert.equal(hops('X-Sampan-Hops', '15'), '16')
    for (const many of ['16', '999999']) assert.throws(() => hops('X-Sampan-Hops', many), { code: 'loop' })
    for (const bad of ['', '-1', '1e1', '0x1', '3, 4', '1.5', '9999999', '٣']) {
      assert.throws(() => hops('X-Sampan-Hops', bad), { code: 'invalid' }, bad)
    }
  })

  it('cannot be taken away through Connection', () => {
    const raw = ['X-Forwarded-For', '6.6.6.6', 'X-Call-Id', 'its', 'Connection', 'x-forwarded-for, x-call-id']

    const headers = sent(raw, {}, PEER)

    assert.equal(headers[headers.indexOf('X-Forwarded-For') + 1], '192.0.2.7')
    assert.equal(headers[headers.indexOf('X-Call-Id') + 1], 'id')
  })

  it('include a name that the gateway does not answer to', () => {
    const answersTo = (host: string): boolean => host === 'good:1'

    assert.deepEqual(sent(['Host', 'good:1'], { answersTo }), OURS)
    assert.deepEqual(sent([], { answersTo }), OURS)
    assert.throws(() => sent(['Host', 'evil.example'], { answersTo }), {
      code: 'misdirected',
      message: /"evil\.example".*SAMPAN_ALLOWED_HOSTS/,
    })
  })

  it('include the script of a service worker that would govern every function', () => {
    const raw = ['Service-Worker', 'script']

    for (const path of ['/', '/?v=1']) {
      assert.throws(() => sent(raw, {}, { path }), { code: 'forbidden' }, path)
    }
    assert.deepEqual(sent(raw, {}, { path: '/sw.js' }), [...raw, ...OURS])
  })

  it('is not added to by trailers that its rules would not let pass', () => {
    const known = [
      'Authorization',
      'X-Forwarded-For',
      'X-Call-Id',
      'X-Sampan-Hops',
      'Content-Type',
      'User-Agent',
    ]
    const raw = [...known, 'X_Forwarded_For'].flatMap((name) => [name, '1'])

    assert.equal(trailerLines(raw), '')
  })
})

describe('headers that no function may set for its caller', () => {
  const head = (status: number, ...raw: string[]) =>
    answerHead(raw, { call: callWith([]), status, servedBy: 'us', address: '172.28.0.15:8080' })

  it('says of the call what we know, whatever the function says, once', () => {
    const names = ['X-Call-Id', 'X-Start-Time', 'X-Served-By'] as const
    const raw = names.flatMap((name) => [name, 'its', name.toLowerCase(), 'its', name.toUpperCase(), 'its'])

    const { headers } = head(200, ...raw, 'Connection', 'x-call-id')

    assert.ok(!headers.includes('its'))
    for (const name of names) assert.equal(headers.filter((text) => text === name).length, 1)
  })

  it('does not let a function say that the platform failed, or speak for more than itself', () => {
    const names = [
      'X-OpenFaaS-Internal',
      'X-Openfaas-Internal',
      'x-openfaas-internal',
      'X-OPENFAAS-INTERNAL',
      'X-Sampan-Hops',
      'Service-Worker-Allowed',
      'Clear-Site-Data',
      'Strict-Transport-Security',
      'Alt-Svc',
      'NEL',
      'Report-To',
      'Secure-Session-Registration',
      'Sec-Session-Registration',
      'Use-As-Dictionary',
      'Set-Login',
      'Public-Key-Pins',
      'Expect-CT',
    ]
    const raw = names.flatMap((name) => [
      name,
      'evil',
      name.toLowerCase(),
      'evil',
      name.toUpperCase(),
      'evil',
    ])

    for (const status of [101, 200, 401, 500]) assert.ok(!head(status, ...raw).headers.includes('evil'))
    assert.deepEqual(unknownPairs([...raw, 'Link', '</a>']), [['Link', '</a>']])
  })

  const ofOurs = [
    'Basic realm="Restricted"',
    'basic realm=restricted',
    'BASIC REALM="RESTRICTED"',
    'Basic realm="\\R\\estric\\ted", charset="UTF-8"',
    'Bearer realm="x", Basic realm="Restricted"',
    'Basic realm="other", realm="Restricted"',
    'Digest realm="Restricted", nonce="1"',
    'Basic realm="Restricted" charset="UTF-8"',
    'Basic\trealm = "Restricted"',
  ]
  for (const challenge of ofOurs) {
    it(`does not pass on the challenge ${challenge}`, () => {
      assert.ok(!head(401, 'www-authenticate', challenge).headers.includes(challenge))
    })
  }

  for (const challenge of [
    'Basic realm="Restricted Area"',
    'Bearer',
    'Negotiate',
    'Digest realm="a", nonce="sampan"',
  ]) {
    it(`passes on the challenge ${challenge}`, () => {
      assert.ok(head(401, 'WWW-Authenticate', challenge).headers.includes(challenge))
    })
  }
})
