import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { Engine } from '../../src/provider/docker/engine.ts'

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
