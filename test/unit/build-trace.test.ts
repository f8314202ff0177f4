import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readMessage, textOf, writeMessage } from '../../src/provider/docker/builds/messages.ts'
import { BuildTrace } from '../../src/provider/docker/builds/trace.ts'

type Written = Parameters<typeof writeMessage>[0]

describe('what BuildKit reports', () => {
  const report = (number: 1 | 3, fields: Written): string =>
    writeMessage([[number, writeMessage(fields)]]).toString('base64')

  it('becomes the lines of plain progress', () => {
    const trace = new BuildTrace()
    const step: Written = [
      [1, 'sha256:a'],
      [3, '[1/2] RUN echo'],
    ]
    assert.deepEqual(trace.lines(report(1, step)), [])
    assert.deepEqual(trace.lines(report(1, [...step, [5, '']])), ['#1 [1/2] RUN echo'])
    const log = (text: string): string =>
      report(3, [
        [1, 'sha256:a'],
        [4, text],
      ])
    assert.deepEqual(trace.lines(log('one\ntw')), ['#1 one'])
    assert.deepEqual(trace.lines(log('o\n')), ['#1 two'])
    const ended: Written = [...step, [5, ''], [6, '']]
    assert.deepEqual(trace.lines(report(1, [...ended, [4, 1]])), ['#1 CACHED'])
    assert.deepEqual(trace.lines(report(1, ended)), [])
  })

  it('says nothing of what is internal, nor of what cannot be read', () => {
    const internal: Written = [
      [1, 'x'],
      [3, '[internal] load build definition'],
      [5, ''],
    ]
    assert.deepEqual(new BuildTrace().lines(report(1, internal)), [])
    assert.deepEqual(new BuildTrace().lines('////'), [])
  })

  it('messages are read as they are written', () => {
    const text = 'x'.repeat(300)
    const fields = readMessage(
      writeMessage([
        [1, text],
        [2, 1_000_000],
      ]),
    )
    assert.equal(textOf(fields, 1), text)
    assert.deepEqual(fields.get(2), [1_000_000])
  })
})
