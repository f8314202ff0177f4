import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

describe('remove', () => {
  it('18.2.27: says what it does, and ends with 1 for whatever fails', async () => {
    await using rig = await CliRig.start()
    rig.reply(
      'DELETE',
      '/system/functions',
      { status: 202 },
      { status: 404 },
      { status: 500, body: 'broken' },
    )

    const removed = await rig.run(['remove', 'f', '-n', 'dev'])
    const missing = await rig.run(['rm', 'f'])
    const broken = await rig.run(['delete', 'f'])
    const away = await rig.run(['remove', 'f', '-g', 'http://127.0.0.1:1'])

    assert.equal(removed.stdout, 'Deleting: f.dev\nRemoving old function.\n')
    assert.equal(rig.requests[0]?.body.toString(), '{"functionName":"f","namespace":"dev"}')
    assert.match(missing.stderr, /No existing function to remove/)
    assert.match(broken.stderr, /500 - broken/)
    assert.deepEqual(
      [removed, missing, broken, away].map(({ status }) => status),
      [0, 1, 1, 1],
    )
  })

  it('18.2.28: tries each function of the stack file, whatever becomes of the others', async () => {
    await using rig = await CliRig.start()
    rig.reply('DELETE', '/system/functions', { status: 500 }, { status: 202 })
    await writeFile(
      join(rig.cwd, 'stack.yaml'),
      'provider: {name: openfaas}\nfunctions:\n  a: {image: i}\n  b: {image: i, namespace: dev}\n',
    )

    const { status, stdout } = await rig.run(['remove'])

    assert.equal(status, 1)
    assert.equal(stdout, 'Deleting: a.\nDeleting: b.dev\nRemoving old function.\n')
  })

  it('takes several names, names from standard input, and all', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/functions', { body: '[{"name":"b","image":"i"},{"name":"a","image":"i"}]' })
    rig.reply('DELETE', '/system/functions', { status: 202 })
    const names = (): readonly string[] =>
      rig.requests.flatMap(({ method, body }) =>
        method === 'DELETE'
          ? [String((JSON.parse(body.toString()) as { functionName: string }).functionName)]
          : [],
      )

    await rig.run(['remove', 'x', 'y', 'x'])
    await rig.run(['remove', '-'], { stdin: 'p\nq\n' })
    const unasked = await rig.run(['remove', '--all'])
    await rig.run(['remove', '--all', '--yes'])
    const nothing = await rig.run(['remove'])

    assert.deepEqual(names(), ['x', 'y', 'p', 'q', 'b', 'a'])
    assert.match(unasked.stderr, /say --yes where nobody can be asked/)
    assert.match(nothing.stderr, /^Name a function to remove/)
  })
})

describe('ready', () => {
  it('18.4.50: looks until the gateway is there, or a function', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/healthz', { status: 503 }, { status: 503 }, { status: 200 })
    rig.reply(
      'GET',
      '/system/function/f',
      { body: '{"availableReplicas":0}' },
      { body: '{"availableReplicas":1}' },
    )

    const gateway = await rig.run(['ready', '--interval', '1ms'])
    const fn = await rig.run(['ready', 'f', '--interval', '1ms'])

    assert.equal(
      gateway.stdout,
      '[1/60] Waiting for gateway\n[2/60] Waiting for gateway\n[3/60] Waiting for gateway\nOpenFaaS gateway is ready\n',
    )
    assert.match(fn.stdout, /Function f is ready\n$/)
  })

  it('18.4.50: gives up with 1', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/healthz', { status: 503 })

    const { status, stderr } = await rig.run(['ready', '--attempts', '2', '--interval', '1ms'])

    assert.equal(status, 1)
    assert.match(stderr, /^Gateway not ready after 2 attempts/)
  })
})

describe('scale, rollback, revisions and events', () => {
  it('scale sets the count, and says what became of one that is too large', async () => {
    await using rig = await CliRig.start()
    rig.reply(
      'POST',
      '/system/scale-function/f',
      { status: 202 },
      { status: 202, headers: { 'x-scaled-to': '5' } },
      { status: 404 },
    )

    const set = await rig.run(['scale', 'f', '3', '-n', 'dev'])
    const cut = await rig.run(['scale', 'f', '300'])
    const missing = await rig.run(['scale', 'f', '1'])
    const bad = await rig.run(['scale', 'f', 'many'])

    assert.equal(rig.requests[0]?.body.toString(), '{"serviceName":"f","replicas":3,"namespace":"dev"}')
    assert.deepEqual([set.stdout, cut.stdout], ['Scaled: f to 3\n', 'Scaled: f to 5\n'])
    assert.match(cut.stderr, /outside of its bounds/)
    assert.deepEqual([missing.status, bad.status, rig.requests.length], [1, 1, 3])
  })

  it('rollback returns to the last good revision, or to the one that is named', async () => {
    await using rig = await CliRig.start()
    rig.reply('POST', '/system/function/f/rollback', { status: 202 })

    await rig.run(['rollback', 'f'])
    const { stdout } = await rig.run(['rollback', 'f', '--to', '4', '-n', 'dev'])

    assert.equal(stdout, 'Rolled back: f to revision 4. 202 Accepted\n')
    assert.deepEqual(
      rig.requests.map(({ body }) => body.toString()),
      ['{}', '{"revision":4}'],
    )
    assert.equal(rig.asked[1], 'POST /system/function/f/rollback?namespace=dev')
  })

  it('revisions are a table', async () => {
    await using rig = await CliRig.start()
    const entry = {
      revision: 3,
      image: 'i',
      createdAt: '2026-01-01T00:00:00Z',
      state: 'serving',
      wasReady: true,
      changed: ['image'],
    }
    rig.reply('GET', '/system/function/f/revisions', { body: JSON.stringify([entry]) })

    const { stdout } = await rig.run(['revisions', 'f'])

    assert.match(
      stdout,
      /^REVISION {2}STATE +DEPLOYED +IMAGE {2}CHANGED\n3 +serving {2}2026-01-01T00:00:00Z {2}i {6}image\n$/,
    )
  })

  it('events are a table, or a line each as they come', async () => {
    await using rig = await CliRig.start()
    const event = {
      id: 1,
      at: '2026-01-01T00:00:00Z',
      name: 'f',
      namespace: 'n',
      kind: 'scaled',
      from: 1,
      to: 2,
      reason: 'load',
    }
    rig.reply(
      'GET',
      '/system/events',
      { body: JSON.stringify([event]) },
      { stream: (response) => response.end(`id: 1\nevent: scaled\ndata: ${JSON.stringify(event)}\n\n`) },
    )

    const table = await rig.run(['events', 'f'])
    const followed = await rig.run(['events', 'f', '--follow'])

    assert.match(table.stdout, /\n2026-01-01T00:00:00Z {2}f +scaled {2}1 to 2 +load\n$/)
    assert.equal(followed.stdout, '2026-01-01T00:00:00Z  f  scaled  1 to 2  load\n')
    assert.equal(rig.requests[1]?.headers.accept, 'text/event-stream')
  })
})
