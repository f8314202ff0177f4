import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clock } from '../../src/clock.ts'
import { systemClock } from '../../src/clock.ts'
import { CliRig } from '../fixtures/cli-rig.ts'

const PATH = '/system/logs'

function record(second: number, text: string, instance = 'r1'): string {
  const timestamp = `2026-01-02T03:04:0${second}.120000000Z`
  return `${JSON.stringify({ name: 'f', namespace: 'openfaas-fn', instance, timestamp, text })}\n`
}

const ONE = record(5, 'a <b>\n')

/** Waits no time at all. */
const HURRIED: Clock = {
  ...systemClock,
  sleep: async (_ms, signal) => {
    await new Promise((resolve) => setImmediate(resolve))
    signal?.throwIfAborted()
  },
}

/** Ends the command when it has written `text`. */
function until(text: string): { readonly signal: AbortSignal; readonly onOutput: (seen: string) => void } {
  const ending = new AbortController()
  return { signal: ending.signal, onOutput: (seen) => void (seen.includes(text) && ending.abort()) }
}

describe('logs', () => {
  it('18.4.45: asks for all and follows, where the output is for a program', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', PATH, { body: ONE })

    const { stdout } = await rig.run(['logs', 'f'], { clock: HURRIED, ...until('<b>') })

    assert.equal(rig.asked[0], 'GET /system/logs?follow=true&name=f&tail=-1')
    assert.equal(stdout, '2026-01-02T03:04:05Z a <b>\n')
  })

  it('shows the last twenty lines first at a terminal, unless others are asked for', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', PATH, { body: ONE })

    await rig.run(['logs', 'f', '--tail=false'], { isTTY: true })
    await rig.run(['logs', 'f', '--tail=false', '--lines', '-1'], { isTTY: true })

    assert.deepEqual(rig.asked, [
      'GET /system/logs?follow=false&name=f&tail=20',
      'GET /system/logs?follow=false&name=f&tail=-1',
    ])
  })

  it('18.4.46: asks for what the flags say', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', PATH, { body: ONE })
    const clock = { ...systemClock, wall: () => Date.parse('2026-01-02T03:14:05.678Z') }

    await rig.run(['logs', 'f', '--tail=false', '--since', '10m', '--lines', '5', '-n', 'dev'], { clock })
    await rig.run([
      'logs',
      'f',
      '-t=false',
      '--since-time',
      '2026-01-02T03:04:05+02:00',
      '--since',
      '1m',
      '--lines',
      '0',
    ])
    const wrong = await rig.run(['logs', 'f', '--since-time', 'yesterday'])

    assert.deepEqual(rig.asked, [
      'GET /system/logs?follow=false&name=f&namespace=dev&since=2026-01-02T03%3A04%3A05Z&tail=5',
      'GET /system/logs?follow=false&name=f&since=2026-01-02T03%3A04%3A05%2B02%3A00',
    ])
    assert.equal(wrong.status, 1)
  })

  for (const [words, line] of [
    [['--name', '--instance'], '2026-01-02T03:04:05Z f (r1) a <b>'],
    [['--time-format', ''], 'a <b>'],
    [['-o', 'keyvalue'], 'timestamp="2026-01-02T03:04:05Z" text="a <b>" '],
    [
      ['-o', 'keyvalue', '--name', '--instance', '--time-format', 'rfc850'],
      'timestamp="Friday, 02-Jan-26 03:04:05 UTC" name="f" instance="r1" text="a <b>" ',
    ],
    [
      ['-j', '--name', '--time-format', ''],
      '{"name":"f","namespace":"openfaas-fn","instance":"r1","timestamp":"2026-01-02T03:04:05.12Z","text":"a \\u003cb\\u003e\\n"}',
    ],
    [['--time-format', '3:04PM'], '3:04AM a <b>'],
  ] as const) {
    it(`18.4.47: shows ${words.join(' ')}`, async () => {
      await using rig = await CliRig.start()
      rig.reply('GET', PATH, { body: ONE })

      assert.equal((await rig.run(['logs', 'f', '--tail=false', ...words])).stdout, `${line}\n`)
    })
  }

  it('18.4.48: goes on where the connection ended, and shows nothing twice', async () => {
    await using rig = await CliRig.start()
    const broken = record(3, 'c').slice(0, 40)
    rig.reply(
      'GET',
      PATH,
      { body: record(1, 'a') + record(2, 'b') + record(2, 'b') + record(1, 'other', 'r2') },
      { body: record(1, 'a') + record(2, 'b') + record(2, 'b') + record(2, 'b again') + broken },
      { status: 503 },
      { body: record(2, 'b again') + record(3, 'c') + record(2, 'other', 'r2') },
      { body: record(3, 'c') + record(4, 'the end') },
    )

    const { stdout, stderr } = await rig.run(['logs', 'f', '--time-format', ''], {
      clock: HURRIED,
      ...until('the end'),
    })

    assert.deepEqual(stdout.split('\n'), ['a', 'b', 'b', 'other', 'b again', 'c', 'other', 'the end', ''])
    assert.equal(rig.asked[1], 'GET /system/logs?follow=true&name=f&since=2026-01-02T03%3A04%3A01.120000000Z')
    assert.equal(stderr, 'The log of f ended; following it goes on as soon as it can.\n')
  })

  it('18.4.48: ends when the function is gone', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', PATH, { body: ONE }, { status: 404, body: 'no such function' })

    const { status, stderr } = await rig.run(['logs', 'f'], { clock: HURRIED })

    assert.equal(status, 1)
    assert.match(stderr, /There is no function f: no such function\n/)
  })

  it('18.4.49: takes records in any pieces, with anything blank or nothing between them', async () => {
    await using rig = await CliRig.start()
    const text = [
      record(1, 'ü "}{" \\').trim(),
      record(2, 'b\n\n'),
      record(3, 'c').replace('\n', '\r\n'),
      '\n',
    ]
    const bytes = Buffer.from(text.join(''))
    rig.reply('GET', PATH, {
      stream: (response) => {
        response.writeHead(200)
        for (const byte of bytes) response.write(Buffer.of(byte))
        response.end()
      },
    })

    const { stdout } = await rig.run(['logs', 'f', '--tail=false', '--time-format', ''])

    assert.equal(stdout, 'ü "}{" \\\nb\nc\n')
  })

  it('fails for what is no log', async () => {
    await using rig = await CliRig.start()
    rig.reply(
      'GET',
      PATH,
      { body: '<html>' },
      { body: '{"a":}' },
      { body: '{"text":"half' },
      { status: 500, body: 'oh' },
    )
    const logs = ['logs', 'f', '--tail=false']

    const all = [await rig.run(logs), await rig.run(logs), await rig.run(logs), await rig.run(logs)]

    assert.deepEqual(
      all.map(({ status }) => status),
      [1, 1, 1, 1],
    )
    assert.match(
      all.map(({ stderr }) => stderr).join(''),
      /no JSON[^]*no JSON[^]*in the middle of a line[^]*500 - oh/,
    )
  })
})

describe('logs of several functions', () => {
  it('shows the name of each, and those that match', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/functions', { body: '[{"name":"f"},{"name":"g"}]' })
    rig.reply('GET', PATH, { body: record(1, 'good') + record(2, 'bad error') })

    const named = await rig.run(['logs', 'f', 'f', 'g', '--tail=false', '--grep', 'err'])
    const all = await rig.run([
      'logs',
      '--all',
      '-n',
      'dev',
      '--tail=false',
      '--time-format',
      '',
      '--name=false',
    ])

    assert.equal(named.stdout, '2026-01-02T03:04:02Z f bad error\n'.repeat(2))
    assert.equal(all.stdout.split('\n').toSorted().join(), ',bad error,bad error,good,good')
    assert.equal(rig.asked[2], 'GET /system/functions?namespace=dev')
  })

  it('shows the others when one is missing, and fails in the end', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', PATH, { status: 404, body: 'none' }, { body: ONE })

    const { status, stdout, stderr } = await rig.run(['logs', 'f', 'g', '--tail=false', '--time-format', ''])

    assert.deepEqual([status, stdout], [1, 'f a <b>\n'])
    assert.match(stderr, /there is no function [fg]: none\nNo logs of [fg]\n$/i)
  })

  it('says that there is nothing yet', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', PATH, { body: '' })

    assert.equal((await rig.run(['logs', 'f', '--tail=false'])).stderr, 'No logs yet of f.\n')
    assert.match((await rig.run(['logs'])).stderr, /^Function name is required\n/)
    assert.match((await rig.run(['logs', 'f', '--grep', '('])).stderr, /^--grep \(: /)
  })
})
