import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { CallMetrics } from '../../src/invoke/call-metrics.ts'
import { LoadWindow } from '../../src/scaler/load-window.ts'
import { RecommendationWindow } from '../../src/scaler/recommendation-window.ts'
import { UsageWindow } from '../../src/scaler/usage-window.ts'

const START = 1_000

/** A function that is called, and its window, a second at a time. */
function rig() {
  const metrics = new CallMetrics(functionName('hello'))
  const window = new LoadWindow(START)
  let second = START
  const call = (times: number, ms = 10): void => {
    for (let at = 0; at < times; at += 1) {
      metrics.begin()
      metrics.end(200, ms)
    }
  }
  /** The present second ends. */
  const pass = (seconds = 1): void => {
    window.sample(second, metrics)
    second += seconds
    window.sample(second, metrics)
  }
  return { metrics, window, call, pass }
}

describe('the last minute of calls', () => {
  it('is calls per second over full seconds', () => {
    const { window, call, pass } = rig()
    for (let at = 0; at < 5; at += 1) {
      call(60)
      pass()
    }
    call(1_000)

    assert.deepEqual([window.rps(5), window.rps(30)], [60, 10])
  })

  it('forgets what is older, also when nobody looked for long', () => {
    const { window, call, pass } = rig()
    call(60)
    pass(30)
    assert.equal(window.rps(30), 2)
    pass()
    assert.equal(window.rps(30), 0)

    call(60)
    pass(1_000)
    assert.deepEqual([window.rps(30), window.peak(45), window.isSilent], [0, 0, true])
  })

  it('has the most calls at a time exactly, however short it was', () => {
    const { metrics, window, pass } = rig()
    for (let at = 0; at < 7; at += 1) metrics.begin()
    for (let at = 0; at < 7; at += 1) metrics.end(200, 1)
    pass()

    assert.equal(window.peak(5), 7)
    pass(5)
    assert.deepEqual([window.peak(5), window.peak(45)], [0, 7])
  })

  it('has calls that run for long in every second', () => {
    const { metrics, window, pass } = rig()
    metrics.begin()
    metrics.begin()
    pass()
    for (let at = 0; at < 70; at += 1) pass()

    assert.deepEqual([window.peak(5), window.isSilent, window.hasNews(metrics)], [2, false, true])
  })

  it('knows how long calls took', () => {
    const { metrics, window, call, pass } = rig()
    window.sampleDurations(metrics)
    call(1, 300)
    call(19, 100)
    pass()
    window.sampleDurations(metrics)

    assert.equal(Math.round(window.latencyMs(30)), 110)
    assert.equal(window.p95Ms, 100)
    call(1, 60_000)
    window.sampleDurations(metrics)
    assert.equal(window.p95Ms, 500)
    pass(31)
    window.sampleDurations(metrics)
    assert.deepEqual([window.latencyMs(30), window.p95Ms], [0, 0])
  })
})

describe('the counter of calls', () => {
  it('answers the most at a time since it was last asked, and begins with what still runs', () => {
    const metrics = new CallMetrics(functionName('hello'))
    for (let at = 0; at < 3; at += 1) metrics.begin()
    metrics.end(200, 1)

    assert.deepEqual([metrics.takePeak(), metrics.takePeak()], [3, 2])
  })
})

describe('recommendations of the last minutes', () => {
  it('has the largest within the window', () => {
    const window = new RecommendationWindow()
    for (const [atMs, replicas] of [
      [0, 10],
      [10_000, 3],
      [20_000, 7],
      [30_000, 1],
    ] as const)
      window.add(atMs, replicas)

    assert.equal(window.largest(60_000, 60_000), 10)
    assert.equal(window.largest(60_001, 60_000), 7)
    assert.equal(window.largest(80_001, 60_000), 1)
    assert.equal(window.largest(90_001, 60_000), 0)
  })

  it('a window of no length has the one of now', () => {
    const window = new RecommendationWindow()
    window.add(0, 10)
    window.add(2_000, 1)

    assert.equal(window.largest(2_000, 0), 1)
  })

  it('stays small over an hour of falling and rising', () => {
    const window = new RecommendationWindow()
    for (let at = 0; at < 1_800; at += 1) {
      window.add(at * 2_000, at % 7)
      window.largest(at * 2_000, 300_000)
    }

    assert.ok(JSON.stringify(window).length < 100)
    assert.equal(window.largest(3_600_000, 300_000), 6)
  })
})

describe('usage of the last minute', () => {
  it('is a mean of half a minute, and the most of a whole one', () => {
    const window = new UsageWindow()
    assert.ok(window.isEmpty)
    for (const cpuMillicores of [999, 900, 600, 600, 300, 300, 300])
      window.add({ cpuMillicores, memoryBytes: 0 })

    assert.equal(
      window.mean(({ cpuMillicores }) => cpuMillicores),
      300,
    )
    assert.equal(
      window.max(({ cpuMillicores }) => cpuMillicores),
      900,
    )
  })
})
