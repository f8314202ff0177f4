import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { at } from '../fakes/fake-log-engine.ts'
import { linesOf } from '../fakes/lines-of.ts'
import { figlet, LogBench } from '../fakes/log-bench.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)

describe('a follower', () => {
  it('gets history, then every new line, none twice', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.write(A, at(1), '1')
    const { texts, leave } = bench.follow()
    await eventually(() => texts.length === 1)

    for (let nanos = 1; nanos <= 3; nanos += 1) bench.engine.write(A, at(2, nanos), `2.${nanos}`)
    await eventually(() => texts.includes('2.3'))
    await leave()

    assert.deepEqual(texts, ['1', '2.1', '2.2', '2.3'])
  })

  it('loses nothing that is written while it reads the history', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    let line = 0
    const write = () => bench.engine.write(A, at(1, line), String(line++))
    for (let count = 0; count < 2_000; count += 1) write()

    const { texts, leave } = bench.follow()
    await eventually(() => {
      for (let count = 0; count < 10; count += 1) write()
      return line > 2_300
    })
    await eventually(() => texts.at(-1) === String(line - 1))
    await leave()

    assert.deepEqual(
      texts,
      Array.from({ length: line }, (_, number) => String(number)),
    )
  })

  it('joins one who follows already, through the same stream', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.write(A, at(1), '1')
    const first = bench.follow()
    await eventually(() => first.texts.includes('1'))
    bench.engine.write(A, at(2), '2')
    await eventually(() => first.texts.includes('2'))
    const second = bench.follow({ tail: 1 })
    await eventually(() => second.texts.includes('2'))
    bench.engine.write(A, at(3), '3')
    await eventually(() => first.texts.includes('3') && second.texts.includes('3'))

    assert.equal(bench.engine.followers, 1)
    await Promise.all([first.leave(), second.leave()])
    assert.deepEqual(first.texts, ['1', '2', '3'])
    assert.deepEqual(second.texts, ['2', '3'])
    await eventually(() => bench.engine.followers === 0 && bench.replicas.listeners === 0)
  })

  it('joins behind the lines that have left the shared memory, without a gap', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    const total = 20_000
    bench.engine.write(A, at(0), 'first')
    const one = bench.follow()
    await eventually(() => one.texts.length === 1)
    for (let line = 0; line < total; line += 1) bench.engine.write(A, at(1, line), String(line))
    await eventually(() => one.texts.length === total + 1)

    const other = bench.follow()
    await eventually(() => other.texts.length === total + 1)
    bench.engine.write(A, at(2), 'last')
    await eventually(() => other.texts.includes('last'))
    await Promise.all([one.leave(), other.leave()])

    assert.deepEqual(other.texts, [
      'first',
      ...Array.from({ length: total }, (_, number) => String(number)),
      'last',
    ])
  })

  it('sees only new lines with a tail of none', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    for (let second = 1; second <= 3; second += 1) bench.engine.write(A, at(second), 'old')
    const { texts, leave } = bench.follow({ tail: 0 })

    await eventually(() => bench.engine.asked.length >= 3)
    bench.engine.write(A, at(4), 'new')
    await eventually(() => texts.includes('new'))
    await leave()

    assert.deepEqual(texts, ['new'])
  })

  it('continues over a restart of the container', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.write(A, at(1), '1')
    const { texts, leave } = bench.follow()
    await eventually(() => texts.length === 1)

    bench.engine.exit(A)
    bench.engine.write(A, at(2), '2')
    await eventually(() => bench.engine.followers === 1)
    bench.engine.write(A, at(3), '3')
    await eventually(() => texts.includes('3'))
    await leave()

    assert.deepEqual(texts, ['1', '2', '3'])
  })

  it('continues over an update, to the last word of the old replica', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.write(A, at(1), 'a1')
    const { texts, leave } = bench.follow()
    await eventually(() => texts.length === 1)

    bench.engine.write(B, at(2), 'b2')
    bench.replicas.set(A, B)
    await eventually(() => texts.includes('b2'))
    bench.engine.exit(A)
    bench.engine.write(A, at(3), 'a3, written while nobody listened')
    await bench.keep(A)
    bench.engine.remove(A)
    bench.replicas.set(B)
    await eventually(() => texts.length === 3)
    bench.engine.write(B, at(4), 'b4')
    await eventually(() => texts.includes('b4'))
    await leave()

    assert.deepEqual(texts, ['a1', 'b2', 'a3, written while nobody listened', 'b4'])
  })

  it('waits for a function that has no replica yet', async () => {
    await using bench = await LogBench.open()
    const { texts, leave } = bench.follow()
    await eventually(() => bench.replicas.listeners > 0)

    bench.engine.write(A, at(1), '1')
    bench.replicas.set(A)
    await eventually(() => texts.includes('1'))
    await leave()

    assert.deepEqual(texts, ['1'])
  })

  it('gets lines of outputs that overtake each other', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.write(A, at(1), '1')
    const { texts, leave } = bench.follow()
    await eventually(() => texts.length === 1)

    bench.engine.write(A, at(3), '3')
    bench.engine.write(A, at(2), '2')
    await eventually(() => texts.length === 3)
    await leave()

    assert.deepEqual(texts.toSorted(), ['1', '2', '3'])
  })

  it('gets no line again of a replica that goes, though more of them than it remembers share a millisecond', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.write(A, at(1), 'first')
    const { texts, leave } = bench.follow()
    await eventually(() => texts.includes('first'))
    // With these it has passed what it had before it joined, and remembers single lines no longer.
    for (const text of ['second', 'third']) {
      bench.engine.write(A, at(1, texts.length), text)
      await eventually(() => texts.includes(text))
    }
    for (let nanos = 1; nanos <= 200; nanos += 1) bench.engine.write(A, at(2, nanos), `a${nanos}`)
    await eventually(() => texts.includes('a200'))

    await bench.keep(A)
    bench.engine.remove(A)
    bench.engine.write(B, at(3), 'b1')
    bench.replicas.set(B)
    await eventually(() => texts.includes('b1'))
    bench.engine.write(B, at(4), 'b2')
    await eventually(() => texts.includes('b2'))
    await leave()

    const ofA = Array.from({ length: 200 }, (_, number) => `a${number + 1}`)
    assert.deepEqual(texts, ['first', 'second', 'third', ...ofA, 'b1', 'b2'])
  })

  it('goes on when the clock of the engine is set back', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    for (let nanos = 0; nanos < 200; nanos += 1) bench.engine.write(A, at(50, nanos), 'old')
    const { texts, leave } = bench.follow({ tail: 1 })
    await eventually(() => texts.length === 1)

    for (let nanos = 0; nanos < 200; nanos += 1) bench.engine.write(A, at(60, nanos), 'old')
    bench.engine.write(A, at(10), 'back')
    await eventually(() => texts.at(-1) === 'back')
    await leave()
  })

  it('a follower that is slow loses lines, is told how many, and holds nobody up', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    const leaving = new AbortController()
    const slow = linesOf(bench.logs.read({ fn: figlet, follow: true }, leaving.signal))
    bench.engine.write(A, at(0), 'first')
    const taken: string[] = []
    const take = async () => taken.push(String((await slow.next()).value?.text))
    await take()
    void take()
    bench.engine.write(A, at(0, 1), 'second')
    await eventually(() => taken.includes('second'))
    const fast = bench.follow({ tail: 1 })
    await eventually(() => fast.texts.length === 1)

    const total = 50_000
    for (let line = 0; line < total; line += 1) bench.engine.write(A, at(1, line), String(line))
    await eventually(() => fast.texts.length === total + 1)

    const rest: string[] = []
    const draining = (async () => {
      for (let next = await slow.next(); next.done !== true; next = await slow.next())
        rest.push(next.value.text)
    })()
    await eventually(() => rest.at(-1) === String(total - 1))
    leaving.abort()
    await Promise.all([draining, fast.leave()])
    const missed = Number(/(\d+) lines were left out/.exec(rest.join('\n'))?.[1])
    assert.ok(missed > 0)
    assert.equal(rest.length - 1 + missed, total)
  })

  it('ends without an error when it leaves before its history has come', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.isHung = true
    const { texts, leave } = bench.follow({ tail: 5 })
    await eventually(() => bench.engine.asked.length > 0)

    await leave()

    assert.deepEqual(texts, [])
  })

  it('ends when the provider stops', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.write(A, at(1), '1')
    const { texts, leave } = bench.follow()
    await eventually(() => texts.length === 1)

    await bench.logs.stop()
    await leave()

    assert.equal(bench.engine.followers, 0)
    assert.equal(bench.replicas.listeners, 0)
  })
})
