import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerHead } from '../../src/invoke/headers/answer-headers.ts'
import { publicAddress } from '../../src/invoke/headers/public-address.ts'
import { requestHeaders } from '../../src/invoke/headers/request-headers.ts'
import { callWith } from '../fakes/call-with.ts'
import { OPEN_EDGE } from '../fakes/open-edge.ts'

const PREFIX = '/function/shop.team'
const OWN = '172.28.0.15:8080'

describe('an address in an answer', () => {
  const made = (value: string, own = OWN) => publicAddress(value, { own, prefix: PREFIX })

  it('an address in an answer of the replica itself becomes a path of the gateway, whatever is behind it', () => {
    assert.equal(made('http://172.28.0.15:8080/slash/?a=b#c'), `${PREFIX}/slash/?a=b#c`)
    assert.equal(made('HTTPS://172.28.0.15:8080/'), `${PREFIX}/`)
    assert.equal(made('//172.28.0.15:8080/x'), `${PREFIX}/x`)
    assert.equal(made('http://172.28.0.15:8080'), PREFIX)
    assert.equal(made('http://172.28.0.15:8080?a=b'), `${PREFIX}?a=b`)
    assert.equal(made('http://172.28.0.15/no-port'), `${PREFIX}/no-port`)
    assert.equal(made('http://172.28.0.15:8082/behind-a-watchdog'), `${PREFIX}/behind-a-watchdog`)
    assert.equal(made('http://[fd00::5]:8080/x', '[fd00::5]:8080'), `${PREFIX}/x`)
  })

  it('an address in an answer of anything else stays as it is', () => {
    for (const value of [
      '/slash/',
      'slash/',
      '',
      'https://example.com/?to=http://172.28.0.15:8080/',
      'http://172.28.0.15:808000/',
      'http://172.28.0.15:/',
      'http://172.28.0.15:port/',
      'http://172.28.0.150:8080/',
      'http://172.28.0.15:8080.evil.example/',
      'http://172.28.0.15:8080@evil.example/',
      'http://user@172.28.0.15:8080/',
      'http://127.0.0.1:8080/callback',
      'ftp://172.28.0.15:8080/',
      '///172.28.0.15:8080/',
    ]) {
      assert.equal(made(value), value)
    }
  })

  it('is found behind the seconds of a refresh', () => {
    assert.equal(made('5; url=http://172.28.0.15:8080/next'), `5; url=${PREFIX}/next`)
    assert.equal(made('0;URL="http://172.28.0.15:8080/next"'), `0;URL="${PREFIX}/next"`)
    assert.equal(made('5'), '5')
    assert.equal(made('5; url=/next'), '5; url=/next')
  })

  it('is rewritten in the headers that clients follow, and in no other', () => {
    const url = 'http://172.28.0.15:8080/a'
    const call = callWith([], { forwardedPrefix: PREFIX })
    const raw = ['location', url, 'Content-Location', url, 'X-Location', url, 'Link', `<${url}>`]
    const { headers } = answerHead(raw, { call, status: 302, servedBy: 'us', address: OWN })

    const mine = [`${PREFIX}/a`, `${PREFIX}/a`, url, `<${url}>`]
    assert.deepEqual(
      headers.slice(0, 8).filter((_, at) => at % 2 === 1),
      mine,
    )
  })

  it('stays where a call came by no path', () => {
    const raw = ['Location', 'http://172.28.0.15:8080/a']
    const { headers } = answerHead(raw, { call: callWith([]), status: 302, servedBy: 'us', address: OWN })

    assert.deepEqual(headers.slice(0, 2), raw)
  })
})

describe('what a function is told of its own address', () => {
  const headers = (...raw: string[]) =>
    requestHeaders(callWith(raw, { forwardedPrefix: PREFIX }), { ...OPEN_EDGE, userAgent: 'ua' })
  const value = (list: readonly string[], name: string) => list[list.indexOf(name) + 1]

  it('is the prefix of its paths and the protocol, where the caller says nothing', () => {
    assert.equal(value(headers(), 'X-Forwarded-Prefix'), PREFIX)
    assert.equal(value(headers(), 'X-Forwarded-Proto'), 'http')
  })

  it('is what a proxy in front says', () => {
    const proxied = headers('x-forwarded-proto', 'https', 'X-Forwarded-Prefix', '/faas')

    assert.deepEqual(proxied.slice(0, 4), ['x-forwarded-proto', 'https', 'X-Forwarded-Prefix', '/faas'])
    assert.ok(!proxied.includes('X-Forwarded-Proto'))
    assert.ok(!proxied.includes(PREFIX))
  })
})
