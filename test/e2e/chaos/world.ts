import type { SecondDockerd } from '../../fixtures/second-dockerd.ts'
import type { Random } from '../../integration/random.ts'
import type { DaemonProcess, Deployment } from '../daemon-process.ts'
import type { Spans } from './callers.ts'

/** What is called, how, and what may be done to it. */
export interface Subject {
  readonly deployment: Deployment
  /** What its callers ask for. */
  readonly path: string
  readonly callers: number
  readonly pauseMs: number
}

/** What the faults act on. */
export interface World {
  readonly daemon: DaemonProcess
  readonly engine: SecondDockerd
  readonly random: Random
  readonly subjects: readonly [Subject, ...Subject[]]
  /** While the daemon cannot be called. */
  readonly daemonAway: Spans
  /** Updates so far, by function. */
  readonly updates: Map<string, number>
}

const SCALE = 'com.openfaas.scale'

/** One of each kind: with a fixed number of replicas, asleep now and then, with few places, and with load. */
export function subjectsOf(image: { readonly plain: string; readonly watchdog: string }): World['subjects'] {
  return [
    {
      deployment: {
        service: 'steady',
        image: image.watchdog,
        labels: { [`${SCALE}.min`]: '2', [`${SCALE}.max`]: '2' },
      },
      path: 'steady/id',
      callers: 4,
      pauseMs: 20,
    },
    {
      deployment: {
        service: 'sleepy',
        image: image.plain,
        labels: { [`${SCALE}.zero`]: 'true', [`${SCALE}.zero-duration`]: '10s', [`${SCALE}.max`]: '2' },
      },
      path: 'sleepy/id',
      callers: 1,
      pauseMs: 13_000,
    },
    {
      deployment: {
        service: 'narrow',
        image: image.watchdog,
        envVars: { max_inflight: '2' },
        annotations: { 'com.openfaas.max-wait': '2s' },
        labels: { [`${SCALE}.max`]: '1' },
      },
      path: 'narrow/sleep/50ms',
      callers: 6,
      pauseMs: 10,
    },
    {
      deployment: {
        service: 'busy',
        image: image.plain,
        limits: { memory: '48Mi' },
        labels: {
          [`${SCALE}.type`]: 'capacity',
          [`${SCALE}.target`]: '2',
          [`${SCALE}.target-proportion`]: '1',
          [`${SCALE}.max`]: '3',
          [`${SCALE}.down.window`]: '0',
        },
      },
      path: 'busy/sleep/100ms',
      callers: 5,
      pauseMs: 10,
    },
  ]
}
