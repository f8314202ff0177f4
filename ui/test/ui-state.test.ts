import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { changes } from '../deploy/changes.ts'
import { deploymentOf, EMPTY, envPairs, specOf } from '../deploy/spec.ts'
import { decodedHeaders, encodedHeaders } from '../function/call-request.ts'
import { areaOf, barsOf, pathOf, summed } from '../function/chart-lines.ts'
import { nextOrder, orderOf, sorted, COLUMNS } from '../pages/sorting.ts'
import { Poll } from '../state/poll.ts'
import { placeOf } from '../state/routes.ts'

describe('addresses of the page', () => {
  const page = (path: string): string => {
    const place = placeOf(path, '')
    return [place.page, place.namespace, place.name, place.tab].filter(Boolean).join(' ')
  }

  it('each address leads to its page, and one that is none to the page that says so', () => {
    assert.deepEqual(
      [
        '/ui/',
        '/ui',
        '/ui/queue/dead',
        '/ui/functions/ns/fn/logs',
        '/ui/functions/ns',
        '/ui/what',
        '/other',
        '/ui/functions/a/%E0',
      ].map(page),
      [
        'functions',
        'functions',
        'queue dead',
        'function ns fn logs',
        'missing',
        'missing',
        'missing',
        'function a %E0',
      ],
    )
  })
})

/** A browser whose time passes when told to. */
function pollOf(answers: boolean[], facts = { isHidden: false, isIdle: false }) {
  const waits: number[] = []
  const outcomes: number[] = []
  let next: (() => void) | undefined
  const poll = new Poll({
    ask: () => (answers.shift() === true ? Promise.resolve() : Promise.reject(new Error('no answer'))),
    isHidden: () => facts.isHidden,
    isIdle: () => facts.isIdle,
    after: (ms, then) => {
      waits.push(ms)
      next = then
      return () => (next = undefined)
    },
    onOutcome: (failures) => outcomes.push(failures),
  })
  const pass = async (): Promise<void> => {
    await new Promise(setImmediate)
    next?.()
    await new Promise(setImmediate)
  }
  return { poll, waits, outcomes, pass, facts }
}

describe('asking for the overview', () => {
  it('asks every two seconds, more and more seldom in vain, and as before after an answer', async () => {
    const { poll, waits, outcomes, pass } = pollOf([true, false, false, false, false, false, true])
    poll.start()
    for (let i = 0; i < 6; i += 1) await pass()
    assert.deepEqual(waits, [2000, 2000, 4000, 8000, 15_000, 15_000, 2000])
    assert.deepEqual(outcomes, [0, 1, 2, 3, 4, 5, 0])
    poll.stop()
  })

  it('asks nothing while hidden, and at once when seen again', async () => {
    const { poll, waits, outcomes, pass, facts } = pollOf([true, true])
    poll.start()
    facts.isHidden = true
    await pass()
    assert.deepEqual([waits, outcomes], [[], [0]])
    facts.isHidden = false
    poll.now()
    await new Promise(setImmediate)
    assert.deepEqual([waits, outcomes], [[2000], [0, 0]])
    poll.stop()
  })

  it('asks every five seconds while nobody does anything', async () => {
    const { poll, waits, pass } = pollOf([true], { isHidden: false, isIdle: true })
    poll.start()
    await pass()
    assert.equal(waits[0], 5000)
    poll.stop()
  })
})

describe('the order of the overview', () => {
  const rows = [
    { name: 'b', namespace: 'n', p99Ms: 5 },
    { name: 'a', namespace: 'n', p99Ms: 5 },
    { name: 'c', namespace: 'n', p99Ms: null },
  ]

  it('sorts by a column, the alike by name, the unknown as least', () => {
    const names = (sort: string) => sorted(rows, orderOf(sort)).map((row) => row.name)
    assert.deepEqual(
      [names('-p99'), names('p99'), names('name'), names('nonsense')],
      [
        ['a', 'b', 'c'],
        ['c', 'a', 'b'],
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ],
    )
  })

  it('a second click turns the order round, and the first is the useful one', () => {
    const [name, , , calls] = COLUMNS
    assert.ok(name !== undefined && calls !== undefined)
    assert.equal(nextOrder(orderOf(''), calls), 'calls')
    assert.equal(nextOrder(orderOf(''), name), 'name')
    assert.equal(nextOrder(orderOf('name'), name), '-name')
  })
})

describe('charts', () => {
  it('a gap starts a new line, and nothing is drawn of nothing', () => {
    assert.equal(pathOf([0, null, 2], 2), 'M0.0,76.0M300.0,1.0')
    assert.equal(pathOf([], 0), '')
    assert.match(areaOf([1, 1], 1), /^M0,76L0\.0,1\.0L300\.0,1\.0L300,76Z$/)
    assert.equal(barsOf([0, null], 1), '')
  })

  it('sums what was measured, and says where nothing was', () => {
    assert.deepEqual(summed([1, 2, null, null, null, 3], 2), [3, null, 3])
  })
})

describe('the form of a deployment', () => {
  const status = {
    name: 'fn',
    namespace: 'ns',
    image: 'a:1',
    envVars: { A: '1' },
    labels: { l: '1' },
    annotations: { 'com.sampan.state': 'x' },
  }

  it('what is deployed reads back as the same deployment, without what only a status has', () => {
    const body = deploymentOf(specOf(status))
    assert.deepEqual(
      [body['service'], body['image'], body['envVars'], body['annotations'], body['limits']],
      ['fn', 'a:1', { A: '1' }, {}, undefined],
    )
  })

  it('tells every change, and no value of the environment', () => {
    const before = specOf(status)
    const after = {
      ...before,
      image: 'a:2',
      environment: [
        ['A', 'secret'],
        ['B', 'secret'],
      ] as const,
      memory: '128Mi',
      labels: [],
    }
    const texts = changes(before, after).map(({ kind, text }) => `${kind} ${text}`)
    assert.deepEqual(texts, [
      'change image a:1 → a:2',
      'add memory limit 128Mi',
      'change A another value',
      'add B',
      'del label l',
    ])
    assert.deepEqual(changes(EMPTY, EMPTY), [])
  })

  it('reads the lines of an .env file', () => {
    assert.deepEqual(envPairs('# c\nexport A="b c"\nD=e=f\n\nnonsense'), [
      ['A', 'b c'],
      ['D', 'e=f'],
    ])
  })
})

describe('headers of a call', () => {
  it('any text comes back, and what cannot be read is none', () => {
    const headers = [['X-Ü', '→ ok']] as const
    assert.deepEqual(decodedHeaders(encodedHeaders(headers)), headers)
    assert.deepEqual([decodedHeaders('?'), decodedHeaders(null)], [[], []])
  })
})
