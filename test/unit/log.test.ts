import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jsonLog, LOG_LEVELS, type LogLevel } from '../../src/log.ts'
import { testApp } from '../fakes/test-app.ts'

/** A log of `level`, and what it has written. */
function written(level: LogLevel) {
  const lines: Record<string, unknown>[] = []
  const log = jsonLog(level, (line) => {
    assert.ok(line.endsWith('}\n'))
    lines.push(JSON.parse(line) as Record<string, unknown>)
  })
  return { log, lines }
}

describe('the log', () => {
  it('writes lines of its level and of worse ones', () => {
    for (const [at, level] of LOG_LEVELS.entries()) {
      const { log, lines } = written(level)

      for (const each of LOG_LEVELS) log[each]('a line')

      assert.deepEqual(
        lines.map((line) => line['level']),
        LOG_LEVELS.slice(0, at + 1),
      )
    }
  })

  it('writes what must be on record at every level, with the fields of its parents', () => {
    for (const level of LOG_LEVELS) {
      const { log, lines } = written(level)

      log.child({ part: 'a' }).record('kept', { fn: 'b' })

      const [line = {}] = lines
      const { msg, part, fn } = line
      assert.deepEqual(
        { level: line['level'], msg, part, fn },
        { level: 'info', msg: 'kept', part: 'a', fn: 'b' },
      )
    }
  })

  it('writes nothing that steers a terminal, ends a line or turns the direction of writing, and loses none of it', () => {
    const hostile = 'a\u0000\u001b[2J\u007f\u0085\u009b31m\u2028\u2029\u202e\u2066\u200f\r\nb ü 日本 \ud800'
    let text = ''
    jsonLog('info', (line) => (text += line)).info('a line', { hostile, err: new Error(hostile) })

    assert.doesNotMatch(text.slice(0, -1), /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
    assert.match(text, /ü 日本/)
    assert.equal((JSON.parse(text) as { readonly hostile: string }).hostile, hostile)
  })

  it('the log has the audit at every level', async () => {
    const { log, lines } = written('error')

    await testApp({ log }).app.request('/system/secrets', { method: 'POST' })

    assert.deepEqual(
      lines.map(({ msg, status }) => ({ msg, status })),
      [{ msg: 'audit', status: 401 }],
    )
  })
})
