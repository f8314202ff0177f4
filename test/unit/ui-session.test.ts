import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SessionTable } from '../../src/gateway/login/session-table.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { uiRig } from '../fakes/ui-rig.ts'

const HOUR_MS = 3_600_000

describe('sessions', () => {
  it('end after twelve hours without use, and after seven days in any case', async () => {
    const clock = new FakeClock()
    const sessions = new SessionTable(clock)
    const unused = sessions.begin('admin').token
    const used = sessions.begin('admin').token

    for (let hours = 11; hours < 7 * 24; hours += 11) {
      await clock.advance(11 * HOUR_MS)
      assert.ok(sessions.find(used, true), `${hours} h`)
    }
    assert.equal(sessions.find(unused, true), null)
    await clock.advance(11 * HOUR_MS)
    assert.equal(sessions.find(used, true), null)
    assert.equal(sessions.size, 0)
  })

  it('are not kept alive by a page that is left open', async () => {
    const clock = new FakeClock()
    const sessions = new SessionTable(clock)
    const { token, expiresAtMs } = sessions.begin('admin')

    await clock.advance(HOUR_MS)
    assert.equal(sessions.find(token, false)?.expiresAtMs, expiresAtMs)
    await clock.advance(11 * HOUR_MS)
    assert.equal(sessions.find(token, false), null)
  })

  it('are a hundred at most: the one unused for longest goes', () => {
    const sessions = new SessionTable(new FakeClock())
    const tokens = Array.from({ length: 100 }, () => sessions.begin('admin').token)
    sessions.find(tokens[0] ?? '', true)

    sessions.begin('admin')

    assert.equal(sessions.size, 100)
    assert.ok(sessions.find(tokens[0] ?? '', false))
    assert.equal(sessions.find(tokens[1] ?? '', false), null)
    assert.equal(new Set(tokens).size, 100)
  })
})

describe('signing in at the web page', () => {
  it('begins a session with the password of the API, and leaves one line in the audit without it', async () => {
    await using rig = await disposable()
    const answer = await rig.signIn()
    const session = (await answer.json()) as Record<string, unknown>

    assert.equal(answer.status, 200)
    assert.deepEqual(Object.keys(session).toSorted(), ['expiresAt', 'idleSeconds', 'token', 'user'])
    assert.match(String(session['token']), /^[\w-]{43}$/)
    assert.equal(session['idleSeconds'], 12 * 3_600)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const line = rig.log.lines.find(({ message }) => message === 'audit')
    assert.equal(line?.fields?.['action'], 'POST /ui/session')
    assert.equal(line?.fields?.['user'], 'admin')
    assert.doesNotMatch(JSON.stringify(rig.log.lines), new RegExp(`secret|${String(session['token'])}`))
  })

  it('answers a wrong password with a sentence and no challenge, and counts it as the API does', async () => {
    await using rig = await disposable()
    const wrong = await rig.signIn('x')

    assert.equal(wrong.status, 401)
    assert.deepEqual(await wrong.json(), { error: 'wrong user or password' })
    assert.equal(wrong.headers.get('www-authenticate'), null)
    // 20 may be wrong at once; then each waits its turn, and of many that wait the rest is refused.
    const burst = await Promise.all(
      Array.from({ length: 40 }, () => rig.signIn('x').then(({ status }) => status)),
    )
    assert.ok(burst.includes(429))
    assert.equal(rig.sessions.size, 0)
  })

  it('says who is signed in, and signs out here or everywhere', async () => {
    await using rig = await disposable()
    const [one, other, third] = [await rig.token(), await rig.token(), await rig.token()]
    const ask = async (token: string, method = 'GET', path = '/ui/session'): Promise<Response> =>
      fetch(rig.base + path, { method, headers: { 'Sampan-Session': token } })

    assert.equal(((await (await ask(one)).json()) as { user: string }).user, 'admin')
    assert.equal((await ask(one, 'DELETE')).status, 204)
    assert.equal((await ask(one)).status, 401)
    assert.deepEqual(Object.keys((await (await ask(one)).json()) as object), ['error'])
    assert.equal((await ask(other)).status, 200)
    assert.equal((await ask(other, 'DELETE', '/ui/sessions')).status, 204)
    assert.equal((await ask(third)).status, 401)
  })

  it('reads a body of the usual shape only', async () => {
    await using rig = await disposable()
    for (const body of ['', '[]', '{"user":1,"password":"secret"}', '{"user":"admin"}', '{'])
      assert.equal((await fetch(`${rig.base}/ui/session`, { method: 'POST', body })).status, 400, body)
  })
})

async function disposable() {
  const rig = await uiRig()
  return { ...rig, [Symbol.asyncDispose]: () => rig.close() }
}
