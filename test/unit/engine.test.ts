import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { EVENT_FILTERS } from '../../src/provider/docker/engine/events.ts'
import { Engine } from '../../src/provider/docker/engine/engine.ts'

describe('the logs of a container that is being removed', () => {
  it('the logs of a container that is being removed are those of one that is gone: its last lines are kept elsewhere', async () => {
    const docker = createServer((_request, response) => {
      response.writeHead(409, { 'Content-Type': 'application/json' })
      response.end('{"message":"can not get logs from container which is dead or marked for removal"}')
    }).listen(0, '127.0.0.1')
    await once(docker, 'listening')
    const { port } = docker.address() as AddressInfo
    const engine = new Engine({ dockerHost: `tcp://127.0.0.1:${port}`, clock: systemClock })
    const options = { follow: false, stdout: true, stderr: true, timestamps: true }

    await assert.rejects(engine.containerLogs('abc', options, new AbortController().signal), {
      code: 'not-found',
    })

    engine.close()
    docker.close()
  })
})

describe('the stream of events', () => {
  it('is asked for with the very names that are understood', async () => {
    const asked: string[] = []
    const docker = createServer((request, response) => {
      asked.push(String(request.url))
      response.writeHead(200).end()
    }).listen(0, '127.0.0.1')
    await once(docker, 'listening')
    const { port } = docker.address() as AddressInfo
    const engine = new Engine({ dockerHost: `tcp://127.0.0.1:${port}`, clock: systemClock })

    await engine.events(new AbortController().signal)

    const filters = JSON.parse(
      new URL(asked[0] ?? '', 'http://docker').searchParams.get('filters') ?? '',
    ) as { event: Record<string, boolean> | string[] }
    const events = Array.isArray(filters.event) ? filters.event : Object.keys(filters.event)
    assert.deepEqual(events, EVENT_FILTERS.event)
    engine.close()
    docker.close()
  })
})
