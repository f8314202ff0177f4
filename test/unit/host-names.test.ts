import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HostNames } from '../../src/core/host-names.ts'

const ON_LOOPBACK = ['127.0.0.1', '127.9.9.9', '::1', 'localhost']
const ELSEWHERE = ['0.0.0.0', '::', '192.0.2.1', 'fn.example.org']

/** What nobody can make a page of another site send. */
const SAFE = [
  '',
  'localhost',
  'LOCALHOST:8080',
  'localhost.:8080',
  'a.localhost:8080',
  '127.0.0.1:8080',
  '192.0.2.1',
  '[::1]:8080',
  '[2001:db8::1]',
  'gateway:8080',
  'x',
  'my-pi:8080',
  'gateway.openfaas:8080',
  'gateway.openfaas.svc.cluster.local',
]

/** What the owner of a domain can. */
const FOREIGN = [
  'evil.example',
  'evil.example:8080',
  'gateway.evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '1.2.3.4.5.example:80',
  'evil.example:localhost',
  '[::1].evil.example',
]

describe('the names that the gateway answers to', () => {
  for (const listenHost of ON_LOOPBACK) {
    it(`are those of this machine when it listens on ${listenHost}`, () => {
      const names = new HostNames({ listenHost, allowed: [] })

      for (const host of SAFE) assert.equal(names.includes(host), true, host)
      for (const host of FOREIGN) assert.equal(names.includes(host), false, host)
    })
  }

  for (const listenHost of ELSEWHERE) {
    it(`are all when it listens on ${listenHost} and nothing is listed`, () => {
      const names = new HostNames({ listenHost, allowed: [] })

      for (const host of [...SAFE, ...FOREIGN]) assert.equal(names.includes(host), true, host)
    })

    it(`are the listed ones and those of this machine when it listens on ${listenHost}`, () => {
      const names = new HostNames({ listenHost, allowed: ['fn.example.org'] })

      for (const host of [...SAFE, 'FN.example.org:443']) assert.equal(names.includes(host), true, host)
      for (const host of FOREIGN) assert.equal(names.includes(host), false, host)
    })
  }

  it('may be a domain with all that is below it, or all', () => {
    const domain = new HostNames({ listenHost: '127.0.0.1', allowed: ['*.example.org'] })
    const all = new HostNames({ listenHost: '127.0.0.1', allowed: ['*'] })

    assert.equal(domain.includes('a.b.example.org:443'), true)
    for (const host of ['example.org', 'evilexample.org']) assert.equal(domain.includes(host), false, host)
    for (const host of FOREIGN) assert.equal(all.includes(host), true, host)
  })

  it('do not grow by being asked for', () => {
    const names = new HostNames({ listenHost: '127.0.0.1', allowed: [] })

    for (const host of ['evil.example', 'localhost', 'evil.example', 'evil.example']) {
      assert.equal(names.includes(host), host === 'localhost', host)
    }
  })
})
