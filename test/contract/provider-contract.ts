// What every provider promises (src/core/provider/provider.ts), as one suite: what stands in for Docker in other tests must keep it too, or those
// tests show nothing.

import { after, before } from 'node:test'
import type { FunctionName } from '../../src/core/functions/function-name.ts'
import type { DeployedFunction } from '../../src/core/functions/function-spec.ts'
import { eventually } from '../fakes/eventually.ts'
import { describeChanges } from './provider-changes.ts'
import { describeLogs } from './provider-logs.ts'
import { describeReading } from './provider-reading.ts'
import { describeReadiness } from './provider-readiness.ts'
import { describeRest } from './provider-rest.ts'
import { type ProviderUnderTest, ready, soon } from './provider-stage.ts'

export function keepsTheProviderContract(open: () => Promise<ProviderUnderTest>): void {
  let subject: ProviderUnderTest
  /** The limits of time below do not keep the process alive, and a fake has nothing else that does. */
  let alive: NodeJS.Timeout

  before(async () => {
    alive = setInterval(() => {}, 1_000)
    subject = await open()
  })
  after(async () => {
    clearInterval(alive)
    await subject.end()
  })

  const deploy = async (fn: DeployedFunction): Promise<FunctionName> => {
    const { provider } = subject
    const { name } = fn.spec
    provider.apply(fn)
    await provider.whenReady(name, soon())
    await eventually(() => ready(provider, name).length === fn.replicas, 20_000)
    return name
  }

  const stage = () => ({ subject, provider: subject.provider, deploy })
  describeReadiness(stage)
  describeChanges(stage)
  describeReading(stage)
  describeLogs(stage)
  describeRest(stage)
}
