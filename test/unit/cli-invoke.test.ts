import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CliRig, type ScriptedReply } from '../fixtures/cli-rig.ts'

const PATH = '/function/f.openfaas-fn'

async function answering(reply: ScriptedReply, method = 'POST'): Promise<CliRig> {
  const rig = await CliRig.start()
  rig.reply(method, PATH, reply)
  return rig
}

describe('invoke', () => {
  it('18.3.33: brings bytes and shows bytes, of any value and number', async () => {
    const big = randomBytes(10 * 1024 * 1024)
    await using rig = await answering({ body: big })
    const sent = Buffer.of(0x68, 0x69, 0x00, 0xff)

    const { status, bytes, stderr } = await rig.run(['invoke', 'f'], { stdin: sent })

    assert.deepEqual([status, stderr, bytes.equals(big)], [0, '', true])
    const [{ method, target, headers, body } = assert.fail()] = rig.requests
    assert.deepEqual([method, target, headers['content-type']], ['POST', PATH, 'text/plain'])
    assert.deepEqual([body, headers['content-length']], [sent, '4'])
    assert.equal(headers.authorization, undefined)
  })

  it('18.3.34: a GET without input has no body; its query is in order', async () => {
    await using rig = await answering({ body: 'ok' }, 'GET')

    await rig.run(['invoke', 'f', '-m', 'GET', '--query', 'b=2', '--query', 'a=1 *é'])

    const [{ target, headers } = assert.fail()] = rig.requests
    assert.equal(target, `${PATH}?a=1+%2A%C3%A9&b=2`)
    assert.deepEqual([headers['content-length'], headers['transfer-encoding']], [undefined, undefined])
  })

  it('18.3.35: a GET brings what there is on standard input', async () => {
    await using rig = await answering({ body: 'ok' }, 'GET')

    await rig.run(['invoke', 'f', '-m', 'GET'], { stdin: 'body' })

    assert.equal(rig.requests[0]?.body.toString(), 'body')
  })

  for (const [words, type] of [
    [['-H', 'content-type: application/json'], 'application/json'],
    [['-H', 'Content-Type: application/json', '--content-type', 'text/html'], 'text/html'],
    [['--json'], 'application/json'],
    [['--json', '-H', 'Content-Type: application/ld+json'], 'application/ld+json'],
  ] as const) {
    it(`18.3.36: the type is that of ${words.join(' ')}`, async () => {
      await using rig = await answering({ body: 'ok' })

      await rig.run(['invoke', 'f', ...words], { stdin: '{}' })

      assert.equal(rig.requests[0]?.headers['content-type'], type)
    })
  }

  it('18.3.37: headers have colons, as in HTTP; the old form is taken with a warning', async () => {
    await using rig = await answering({ body: 'ok' })

    const { stderr } = await rig.run([
      'invoke',
      'f',
      '-H',
      'X: a: b',
      '-H',
      'k=v',
      '-H',
      'k=ü',
      '-H',
      'x-é=1',
    ])
    const plain = await rig.run(['invoke', 'f', '-H', 'X: a: b', '-H', 'K: v', '-H', 'k=ü', '-H', 'q:'])
    const both = await rig.run(['invoke', 'f', '-H', 'X: a: b', '-H', 'k=v', '-H', 'k=w'])

    assert.match(stderr, /"x-é" cannot be the name of a header/)
    assert.match(plain.stderr, /The header "q:" needs a name and a value/)
    assert.equal(both.stderr.match(/deprecated/g)?.length, 1)
    assert.deepEqual([rig.requests[0]?.headers['x'], rig.requests[0]?.headers['k']], ['a: b', 'v, w'])
  })

  it('18.3.38: signs the bytes of the body', async () => {
    await using rig = await answering({ body: 'ok' })
    const body = Buffer.of(0xff, 0x00)

    const signed = await rig.run(['invoke', 'f', '--sign', 'x-sig', '--key', 'k'], { stdin: body })
    const half = await rig.run(['invoke', 'f', '--sign', 'X-Sig'], { stdin: body })

    assert.deepEqual([signed.status, half.status, rig.requests.length], [0, 1, 1])
    const expected = `sha256=${createHmac('sha256', 'k').update(body).digest('hex')}`
    assert.equal(rig.requests[0]?.headers['x-sig'], expected)
  })

  it('18.3.39: an asynchronous call says that it is submitted, and nothing else', async () => {
    await using rig = await CliRig.start()
    rig.reply('POST', '/async-function/f.openfaas-fn', {
      status: 202,
      body: 'x',
      headers: { 'X-Call-Id': 'c' },
    })

    const { status, stdout, stderr } = await rig.run(['invoke', 'f', '--async'])

    assert.deepEqual([status, stdout, stderr], [0, '', 'Function submitted asynchronously.\n'])
  })

  for (const code of [500, 404, 401]) {
    it(`18.3.40: a ${code} is a failure, and its text is shown`, async () => {
      await using rig = await answering({ status: code, body: 'why\n' })

      const { status, stdout, stderr } = await rig.run(['invoke', 'f'])

      assert.deepEqual([status, stdout], [1, ''])
      assert.match(stderr, new RegExp(`^Server returned unexpected status code: ${code} - why\n`))
    })
  }

  it('18.3.41: the namespace is that of the flag, and always there', async () => {
    await using rig = await CliRig.start()
    rig.reply('POST', '/function/f.dev', { body: 'ok' })
    rig.reply('POST', '/function/f.dev.openfaas-fn', { status: 404 })

    const flag = await rig.run(['invoke', 'f', '-n', 'dev'])
    const dot = await rig.run(['invoke', 'f.dev'])

    assert.equal(flag.stdout, 'ok')
    assert.match(dot.stderr, /404\nThe name was taken for "f\.dev" in openfaas-fn\./)
  })

  it('18.3.42: waits longer than a minute, and no longer than --timeout says', async () => {
    await using rig = await CliRig.start()
    rig.reply('POST', PATH, { stream: (response) => response.flushHeaders() })

    const { status, stderr } = await rig.run(['invoke', 'f', '--timeout', '50ms'])

    assert.equal(status, 1)
    assert.match(stderr, /^No answer within 50ms\n/)
  })

  it('18.3.43: without credentials the output is the answer and nothing else', async () => {
    await using rig = await answering({ body: 'answer' })

    const { stdout, stderr } = await rig.run(['invoke', 'f'])

    assert.deepEqual([stdout, stderr], ['answer', ''])
  })

  it('18.3.44: names the methods that there are', async () => {
    await using rig = await answering({ body: 'ok' })

    const { status, stderr } = await rig.run(['invoke', 'f', '-m', 'HEAD'])

    assert.equal(status, 64)
    assert.match(stderr, /GET, POST, PUT, PATCH, DELETE/)
    assert.deepEqual(rig.asked, [])
  })

  it('sends no credentials of the gateway, though there are some, except for a token of the function', async () => {
    await using rig = await answering({ body: 'ok' })
    await mkdir(join(rig.home, '.openfaas'))
    const entry = (kind: string): string => `auths:\n- gateway: ${rig.url}\n  auth: ${kind}\n  token: abc\n`
    await writeFile(join(rig.home, '.openfaas', 'config.yml'), entry('basic'))
    await rig.run(['invoke', 'f', '--auth'])
    await writeFile(join(rig.home, '.openfaas', 'config.yml'), entry('oauth2'))
    rig.reply('POST', '/oauth/token', { body: '{"access_token":"of-f"}' })
    const wanted = { status: 401, headers: { 'WWW-Authenticate': 'Bearer, realm="IAM function invoke"' } }
    rig.reply('POST', PATH, wanted, { body: 'ok' })

    const { status } = await rig.run(['invoke', 'f'])

    assert.equal(status, 0)
    assert.deepEqual(
      rig.requests.map(({ headers }) => headers.authorization),
      [undefined, undefined, undefined, 'Bearer of-f'],
    )
    assert.match(
      rig.requests[2]?.body.toString() ?? '',
      /subject_token=abc&audience=openfaas-fn%3Af&scope=function$/,
    )
  })

  it('takes what the function gets from the command line or a file, and leaves standard input alone', async () => {
    await using rig = await answering({ body: 'ok' })
    await writeFile(join(rig.cwd, 'in'), 'from a file')

    await rig.run(['invoke', 'f', '--data', 'text'], { stdin: 'no' })
    await rig.run(['invoke', 'f', '--data', ''], { stdin: 'no' })
    await rig.run(['invoke', 'f', '--file', 'in'], { stdin: 'no' })
    await rig.run(['invoke', 'f', '--file', '-'], { stdin: 'yes' })
    const wrong = await rig.run(['invoke', 'f', '--file', 'in', '--data', 'x'])

    assert.deepEqual(
      rig.requests.map(({ body }) => body.toString()),
      ['text', '', 'from a file', 'yes'],
    )
    assert.equal(wrong.status, 1)
  })

  it('follows redirects as Go does', async () => {
    await using rig = await CliRig.start()
    rig.reply(
      'POST',
      PATH,
      { status: 302, headers: { Location: '/other?a=1' } },
      { status: 307, headers: { Location: 'same' } },
    )
    rig.reply('GET', '/other', { body: 'got' })
    rig.reply('POST', '/function/same', { body: 'posted' })

    const changed = await rig.run(['invoke', 'f'], { stdin: 'b' })
    const kept = await rig.run(['invoke', 'f'], { stdin: 'b' })

    assert.deepEqual([changed.stdout, kept.stdout], ['got', 'posted'])
    assert.deepEqual(
      rig.requests.map(({ body }) => body.toString()),
      ['b', '', 'b', 'b'],
    )
  })

  it('stops where redirects go round, and for addresses that are none', async () => {
    await using rig = await answering({ status: 307, headers: { Location: PATH } })
    const round = await rig.run(['invoke', 'f'])
    rig.reply('POST', PATH, { status: 302, headers: { Location: 'file:///etc/passwd' } })
    const odd = await rig.run(['invoke', 'f'])

    assert.match(round.stderr, /^Stopped after 10 redirects/)
    assert.match(odd.stderr, /file:\/\/\/etc\/passwd, which is no address of a server/)
  })

  it('shows status and headers beside the answer', async () => {
    await using rig = await answering({ body: 'ok', headers: { 'X-Own': '1' } })

    const { stdout, stderr } = await rig.run(['invoke', 'f', '-i'])

    assert.equal(stdout, 'ok')
    assert.match(stderr, /^HTTP\/1\.1 200 OK\nX-Own: 1\n[^]*\n\n$/)
  })

  it('calls it several times, and fails when one of them did', async () => {
    await using rig = await CliRig.start()
    rig.reply('POST', PATH, { body: 'a' }, { status: 500, body: 'no' }, { body: 'c' })

    const { status, stdout, stderr } = await rig.run(['invoke', 'f', '--repeat', '3', '--data', 'x'])

    assert.deepEqual([status, stdout], [1, 'ac'])
    assert.match(
      stderr,
      /500 - no\n2 calls: fastest [\d.]+ ms, mean [\d.]+ ms, slowest [\d.]+ ms\n1 of 3 calls failed\n$/,
    )
  })

  it('says when the answer broke off', async () => {
    await using rig = await CliRig.start()
    rig.reply('POST', PATH, {
      stream: (response) => {
        response.writeHead(200, { 'Content-Length': '10' })
        response.write('half', () => response.destroy())
      },
    })

    const { status, stdout, stderr } = await rig.run(['invoke', 'f'])

    assert.deepEqual([status, stdout], [1, 'half'])
    assert.match(stderr, /^The answer broke off: /)
  })
})
