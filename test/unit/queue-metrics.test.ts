import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { labelledQueueMetrics, type LaneFigures, type QueueMetricSources } from '../../src/queue-metrics.ts'
import { QueueFigures } from '../../src/queue/figures.ts'

function sources(figures: QueueFigures, lanes: readonly LaneFigures[]): QueueMetricSources {
  return {
    figures,
    stock: () => ({ lanes, outboxCalls: 0, spoolBytes: 0 }),
    nats: () => ({ isUp: true, reconnects: 0, restarts: {} }),
  }
}

function samplesOf(all: QueueMetricSources, name: string) {
  const metric = labelledQueueMetrics(all).find((each) => each.name === name)
  return [...(metric?.read() ?? [])]
}

describe('figures of the queue', () => {
  it('show a thousand functions one by one, and the others as one', () => {
    const lanes = Array.from({ length: 1_500 }, (_, at) => {
      return { queue: 'q', fn: functionName(`f${at}`), waiting: 2, inFlight: 1 }
    })

    const samples = samplesOf(sources(new QueueFigures(), lanes), 'queue_worker_pending_messages')

    assert.equal(samples.length, 1_001)
    assert.deepEqual(samples[0]?.labels, { queue_name: 'q', function_name: 'f0.openfaas-fn' })
    assert.deepEqual(samples.at(-1), {
      labels: { queue_name: 'other', function_name: 'other' },
      value: 1_000,
    })
  })

  it('count a hundred queues one by one, and the others as one', () => {
    const figures = new QueueFigures()
    for (let at = 0; at < 250; at += 1) figures.acceptedIn(`q${at}`)
    figures.executedIn('q0', 'final')
    figures.executedIn('q0', 'retry')
    figures.executedIn('q0', 'defer')
    figures.executedIn('q200', 'dead')

    const all = sources(figures, [])
    const accepted = samplesOf(all, 'queue_worker_messages_submitted_total')
    const executed = samplesOf(all, 'queue_worker_messages_processed_total')

    assert.deepEqual(
      [accepted.length, accepted.at(-1)],
      [101, { labels: { queue_name: 'other' }, value: 150 }],
    )
    assert.deepEqual(
      executed.filter(({ value }) => value > 0),
      [
        { labels: { queue_name: 'q0' }, value: 2 },
        { labels: { queue_name: 'other' }, value: 1 },
      ],
    )
    assert.deepEqual(figures.executed, { final: 1, retry: 1, defer: 1, dead: 1 })
  })
})
