import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { conditionOf, type ConditionFacts } from '../../src/core/functions/function-condition.ts'
import { exitReason } from '../../src/provider/docker/replicas/exit-reason.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import { lastWords } from '../../src/provider/docker/replicas/last-words.ts'

const CRASH = 'it exited with code 3'
const well: ConditionFacts = {
  fn: functionName('hello', 'team'),
  newest: { revision: 7, image: 'b:2' },
  lastGood: null,
  lastGoodObstacle: '',
  desired: 1,
  ready: [7],
  obstacle: '',
  isTrouble: false,
  lastWords: [],
}
const lastGood = { revision: 6, image: 'a:1' }
const crashing = { obstacle: CRASH, isTrouble: true, lastWords: ['boom'] }

describe('the condition of a function', () => {
  it('is ready, sleeping, starting or failing by what takes calls and what is wanted', () => {
    const state = (facts: Partial<ConditionFacts>) => conditionOf({ ...well, ...facts }).state

    assert.equal(state({}), 'ready')
    assert.equal(state({ desired: 0, ready: [], ...crashing }), 'sleeping')
    assert.equal(state({ ready: [], obstacle: 'it is still starting' }), 'starting')
    assert.equal(state({ ready: [], ...crashing }), 'failing')
    assert.equal(state({ desired: 2, ...crashing }), 'degraded')
    assert.equal(state({ ready: [6], lastGood, obstacle: 'its image is being pulled' }), 'updating')
    assert.equal(state({ ready: [6], lastGood, ...crashing }), 'degraded')
  })

  it('gives the cause of a failure, where to read more, and the last words apart from it', () => {
    const condition = conditionOf({ ...well, ready: [], ...crashing })

    assert.equal(condition.reason, `${CRASH} (faas-cli logs hello -n team shows what it wrote)`)
    assert.deepEqual([condition.lastWords, condition.serving], [['boom'], null])
  })

  it('says which revision and image serve, and why the newest does not', () => {
    const degraded = conditionOf({ ...well, ready: [6, 6], lastGood, ...crashing, lastWords: [] })
    const updating = conditionOf({ ...well, ready: [6], lastGood, obstacle: 'it is still starting' })

    assert.equal(degraded.reason, `revision 7 (b:2) is not in service: ${CRASH}; revision 6 (a:1) serves`)
    assert.equal(
      updating.reason,
      'revision 6 (a:1) serves until revision 7 (b:2) is ready: it is still starting',
    )
    assert.deepEqual([degraded.revision, degraded.serving], [7, lastGood])
  })

  it('says why the last good revision does not serve either', () => {
    const gone = 'its image is not on this host any more'
    const { reason } = conditionOf({ ...well, ready: [], lastGood, lastGoodObstacle: gone, ...crashing })

    assert.match(
      reason,
      /; revision 6 \(a:1\), which served before, is not available either: its image is not on/,
    )
  })

  it('names an older revision without an image when nobody knows it any more', () => {
    const condition = conditionOf({ ...well, ready: [5], ...crashing, lastWords: [] })

    assert.match(condition.reason, /; revision 5 serves$/)
  })

  it('counts the replicas of a function that has too few', () => {
    assert.match(conditionOf({ ...well, desired: 3, ...crashing }).reason, /^1 of 3 replicas take calls: /)
    assert.equal(conditionOf({ ...well, desired: 3, obstacle: 'it is still starting' }).state, 'ready')
  })

  it('has nothing to say of one that is well, whatever died before', () => {
    const { reason, lastWords: words } = conditionOf({ ...well, lastWords: ['boom'] })

    assert.deepEqual([reason, words], ['', []])
  })
})

describe('the last words of a replica', () => {
  it('are its newest two lines that say something, without colours and control characters', () => {
    const lines = ['first', 'Traceback', '\u001b[31mKeyError:\u001b[0m "x"\u0007', '  \t ', '\u202egnp.exe']

    assert.deepEqual(lastWords(lines), ['KeyError: "x"', 'gnp.exe'])
    assert.deepEqual(lastWords(['', ' ']), [])
  })

  it('are cut, however long the lines are', () => {
    const [line] = lastWords(['x'.repeat(2_000_000)])

    assert.equal(line?.length, 200)
    assert.ok(line?.endsWith('…'))
  })
})

describe('the reason for an exit', () => {
  it('explains codes that mean something, and only those', () => {
    assert.equal(exitReason(3), 'it exited with code 3')
    assert.match(exitReason(127), /code 127 \(its command was not found .*\)$/)
    assert.match(exitReason(0), /has to go on listening/)
  })
})
