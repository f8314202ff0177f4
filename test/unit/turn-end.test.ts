import assert from 'node:assert/strict'
import { it } from 'node:test'
import { TurnEnd } from '../../src/work/turn-end.ts'

it('the end of a turn is reached by all that wait in it together, and comes again in the next', async () => {
  const turnEnd = new TurnEnd()
  const seen: string[] = []
  const wait = async (name: string): Promise<void> => {
    await turnEnd.reached()
    seen.push(name)
    queueMicrotask(() => seen.push('sent'))
  }

  const both = [wait('one'), wait('other')]
  assert.deepEqual(seen, [])
  await Promise.all(both)
  await wait('next')

  assert.deepEqual(seen.slice(0, 5), ['one', 'other', 'sent', 'sent', 'next'])
})
