import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  callbackTo,
  deliver,
  failureOf,
  openSender,
  receive,
  receiveOverTls,
} from '../fixtures/callback-rig.ts'

describe('a redirected callback', () => {
  for (const status of [307, 308])
    it(`follows ${status} with its body and headers`, async () => {
      const last = await receive()
      const first = await receive((response) =>
        response.writeHead(status, { location: last.url('/new') }).end(),
      )

      const outcome = await deliver(openSender(), callbackTo(first.url()))

      assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
      const { method, url, headers, body } = last.only
      assert.equal(`${method} ${url} ${body.toString()}`, 'POST /new the answer')
      assert.deepEqual([headers.host, headers['x-call-id']], [`127.0.0.1:${last.port}`, 'call-1'])
    })

  it('sends a file again from its beginning', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sampan-callback-'))
    try {
      await writeFile(join(folder, 'answer'), 'kept')
      const receiver = await receive((response, { url }) =>
        url === '/hook' ? response.writeHead(307, { location: 'other' }).end() : response.end(),
      )

      await deliver(
        openSender(),
        callbackTo(receiver.url(), { body: { path: join(folder, 'answer'), size: 4 } }),
      )

      assert.deepEqual(
        receiver.received.map(({ url, body }) => `${url} ${body.toString()}`),
        ['/hook kept', '/other kept'],
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  for (const status of [301, 302, 303])
    it(`fails with ${status}, which would lose the body`, async () => {
      const other = await receive()
      const receiver = await receive((response) =>
        response.writeHead(status, { location: other.url() }).end(),
      )

      const outcome = await deliver(openSender(), callbackTo(receiver.url()))

      assert.match(
        failureOf(outcome).reason,
        new RegExp(`answered with the status ${status}, a redirect that would lose`),
      )
      assert.deepEqual(other.received, [])
    })

  it('is followed three times and no more', async () => {
    const receiver = await receive((response, { url }) => {
      const left = Number(url.slice(1))
      if (left === 0) response.end()
      else response.writeHead(307, { location: `/${left - 1}` }).end()
    })
    const sender = openSender()

    const near = await deliver(sender, callbackTo(receiver.url('/3')))
    const far = await deliver(sender, callbackTo(receiver.url('/4')))

    assert.equal(near.kind, 'delivered')
    assert.match(failureOf(far).reason, /redirects more than 3 times$/)
    assert.equal(receiver.received.length, 8)
  })

  it('a redirected callback in a circle ends', async () => {
    const receiver = await receive((response) => response.writeHead(307, { location: '' }).end())

    const outcome = await deliver(openSender(), callbackTo(receiver.url()))

    assert.deepEqual(
      [outcome.kind, failureOf(outcome).isFinal, receiver.received.length],
      ['failed', false, 4],
    )
  })

  const refused: readonly (readonly [string, RegExp])[] = [
    ['http://169.254.169.254/latest', /169\.254\.169\.254 is a link-local address/],
    ['http://[::ffff:169.254.169.254]/', /link-local/],
    ['http://127.0.0.2/', /127\.0\.0\.2 is a loopback address/],
    ['//0/', /unspecified/],
    ['http://inside.test/', /inside\.test may not be called: 169\.254\.1\.1 is a link-local/],
    ['file:///etc/passwd', /must begin with http/],
    ['ftp://host/', /must begin with http/],
    ['http://host:0/', /port 0/],
    ['http://[', /is not a URL/],
    [`http://host/${'x'.repeat(3_000)}`, /longer than/],
  ]
  for (const [location, why] of refused)
    it(`has failed for good when it leads to ${location.slice(0, 40)}`, async () => {
      const receiver = await receive((response) => response.writeHead(307, { location }).end())
      const sender = openSender({ resolve: () => Promise.resolve([{ address: '169.254.1.1', family: 4 }]) })

      const { reason, isFinal } = failureOf(await deliver(sender, callbackTo(receiver.url())))

      assert.match(reason, why)
      assert.equal(isFinal, true)
      assert.equal(receiver.received.length, 1)
    })

  it('a redirected callback without a Location has failed', async () => {
    const receiver = await receive((response) => response.writeHead(308).end())

    const { reason, isFinal } = failureOf(await deliver(openSender(), callbackTo(receiver.url())))

    assert.match(reason, /the status 308, but without a Location$/)
    assert.equal(isFinal, false)
  })

  it('tells of the target when that fails, such as one with a certificate that nobody trusts', async () => {
    const safe = await receiveOverTls()
    const location = `https://127.0.0.1:${safe.port}/token`
    const receiver = await receive((response) => response.writeHead(307, { location }).end())

    const { reason, isFinal } = failureOf(await deliver(openSender(), callbackTo(receiver.url())))

    assert.match(
      reason,
      /^the certificate of https:\/\/127\.0\.0\.1:\d+ is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    )
    assert.equal(isFinal, false)
    assert.deepEqual(safe.received, [])
  })

  it('keeps credentials at the same origin, and drops them for good at another', async () => {
    const seen = { authorization: 'Bearer x', cookie: 'a=b' }
    const other = await receive((response, { url }) =>
      url === '/back' ? response.writeHead(307, { location: first.url('/end') }).end() : response.end(),
    )
    const first = await receive((response, { url }) => {
      const next = { '/a': '/b', '/b': other.url('/back') }[url]
      if (next === undefined) response.end()
      else response.writeHead(307, { location: next }).end()
    })
    const rawHeaders = Object.entries(seen).flat()

    await deliver(openSender(), callbackTo(first.url('/a').replace('//', '//u:p@'), { rawHeaders }))

    const basic = `Basic ${Buffer.from('u:p').toString('base64')}`
    assert.deepEqual(
      first.received.map(({ url, headers }) => [url, headers.authorization, headers.cookie]),
      [
        ['/a', basic, 'a=b'],
        ['/b', basic, 'a=b'],
        ['/end', undefined, undefined],
      ],
    )
    assert.deepEqual([other.only.headers.authorization, other.only.headers.cookie], [undefined, undefined])
  })
})
