import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { Metrics } from '../../src/metrics.ts'

it('docs/operations.md lists exactly the metrics that are published', async () => {
  const none = {
    evicted: 0,
    refused: 0,
    unfinishedHeadBytes: 0,
    shedHeads: 0,
    waitingBodyBytes: 0,
    refusedBodies: 0,
  }
  const metrics = new Metrics({
    calls: () => [],
    replicas: () => [],
    budgets: {
      calls: () => ({ inFlight: 0, refused: 0, refusedOfFunction: 0, idleUpstreams: 0 }),
      apiBodies: { usedBytes: 0, refused: 0 },
      limits: { connections: 0, calls: 0, descriptors: 0 },
    },
  })
  metrics.watchEdge(() => ({ open: 0, ...none }))
  metrics.watchQueue({
    figures: { cancelled: 0, executed: {}, callbacks: {}, dead: new Map(), queues: new Map() },
    stock: () => ({ lanes: [], outboxCalls: 0, spoolBytes: 0 }),
    nats: () => ({ isUp: false, reconnects: 0, restarts: {} }),
  })

  const published = [...(await metrics.render()).body.matchAll(/^# TYPE (\S+)/gm)].map(
    ([, name]) => name ?? '',
  )
  const page = readFileSync('docs/operations.md', 'utf8')
  const table = page.slice(page.indexOf('## Metrics'), page.indexOf('## Back up'))
  const rows = table.split('\n').filter((line) => line.startsWith('| `'))
  const listed = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ''),
  )

  assert.deepEqual(listed.toSorted(), published.toSorted())
})
