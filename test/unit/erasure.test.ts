import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import Sqlite from 'better-sqlite3'
import { functionName, type FunctionName } from '../../src/core/functions/function-name.ts'
import { Database } from '../../src/registry/database.ts'
import { FunctionStore } from '../../src/registry/function-store.ts'
import { MIGRATIONS } from '../../src/registry/migrations.ts'
import { openRegistry, type Registry } from '../../src/registry/registry.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { deployed } from '../fixtures/deployed.ts'
import { Random } from '../integration/random.ts'

const NAMESPACE = 'openfaas-fn'
const token = { name: 'token', namespace: NAMESPACE }

/** Node 24 aborts when an object of the SQLite library is garbage collected (database.ts). */
const kept: object[] = []

function keep<T extends object>(made: T): T {
  kept.push(made)
  return made
}

let dir = ''
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'sampan-erasure-'))))
const copies: string[] = []
afterEach(() => {
  for (const folder of [dir, ...copies.splice(0)]) rmSync(folder, { recursive: true })
})

/** The data folder as a kill would leave it now. */
function copyOfFolder(): string {
  const copy = mkdtempSync(join(tmpdir(), 'sampan-erasure-'))
  copies.push(copy)
  cpSync(dir, copy, { recursive: true })
  return copy
}

/** All bytes of all files of a data folder, as one text. */
function everything(folder = dir): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('\n')
}

/** The bytes that stand for a secret on disk. */
function sealedBytes(): string {
  const db = keep(new Sqlite(join(copyOfFolder(), 'registry.db')))
  const sealed = keep(db.prepare(`SELECT value FROM secret WHERE name = 'token'`)).pluck().get() as Buffer
  db.close()
  return sealed.toString('latin1')
}

function withRegistry(use: (registry: Registry) => void): void {
  const registry = openRegistry(dir, new RecordingLog())
  try {
    use(registry)
  } finally {
    registry.close()
  }
}

/** A change of a function with `text` in its environment, twice as the registry keeps it. */
function change(name: FunctionName, text: string) {
  const { spec } = deployed({ spec: { name, envVars: { PASSWORD: text } } })
  return { spec, body: JSON.stringify({ envVars: spec.envVars }), replicas: 1, artifact: null, nowMs: 1 }
}

describe('what is removed from the registry', () => {
  for (const bytes of [1, 30, 900, 5_000, 200_000]) {
    it(`leaves nothing of a secret of ${bytes} bytes in any file, removed or replaced`, () => {
      withRegistry(({ secrets }) => {
        secrets.insert(token, Buffer.alloc(bytes, 1), 1)
        const first = sealedBytes()
        assert.ok(everything().includes(first.slice(0, 28)), 'a secret that exists is found this way')

        secrets.replace(token, Buffer.alloc(bytes, 2), 2)
        const second = sealedBytes()
        // Nonce and tag: 28 bytes that occur nowhere else.
        assert.ok(!everything().includes(first.slice(0, 28)), 'replaced')
        assert.ok(!everything().includes(first.slice(-28)), 'replaced')

        secrets.remove(token)
        assert.ok(!everything().includes(second.slice(0, 28)), 'removed')
        assert.ok(!everything().includes(second.slice(-28)), 'removed')
      })
    })
  }

  it('leaves nothing of the environments of a function that is removed', () => {
    const name = functionName('hello')
    withRegistry(({ functions }) => {
      functions.prove(name, functions.insert(change(name, 'first-password')).revision)
      functions.replace(change(name, 'second-password'))
      functions.replace(change(name, 'third-password'))
      for (const text of ['first', 'second', 'third'])
        assert.ok(everything().includes(`${text}-password`), text)

      functions.remove(name)
      assert.doesNotMatch(everything(), /password/)
    })
  })

  it('leaves nothing of an environment that is ten revisions old, unless it may serve again', () => {
    const name = functionName('hello')
    withRegistry(({ functions }) => {
      functions.insert(change(name, 'first-password'))
      functions.prove(name, functions.replace(change(name, 'good-password')).revision)
      for (let update = 3; update <= 10; update += 1)
        functions.replace(change(name, `password ${update} never ready`))
      assert.match(everything(), /first-password/)

      functions.replace(change(name, 'password 11'))
      assert.doesNotMatch(everything(), /first-password/)
      functions.replace(change(name, 'password 12'))
      functions.replace(change(name, 'password 13'))
      assert.doesNotMatch(everything(), /password [3] never/)
      assert.match(everything(), /good-password/)

      functions.prove(name, functions.get(name)?.revision ?? 0)
      functions.replace(change(name, 'password 14'))
      assert.doesNotMatch(everything(), /good-password/)
    })
  })

  it('leaves nothing of earlier environments when they are erased, but for the one that may serve', () => {
    const name = functionName('hello')
    withRegistry(({ functions }) => {
      functions.insert(change(name, 'first-password'))
      functions.prove(name, functions.replace(change(name, 'good-password')).revision)
      functions.replace(change(name, 'bad-password'))
      functions.replace(change(name, 'newest-password'))

      functions.eraseEarlier(name)
      assert.doesNotMatch(everything(), /(first|bad)-password/)
      assert.match(everything(), /good-password/)

      functions.prove(name, functions.get(name)?.revision ?? 0)
      functions.eraseEarlier(name)
      assert.doesNotMatch(everything(), /good-password/)
      assert.match(everything(), /newest-password/)
    })
  })

  it('leaves nothing behind among many others of all sizes, however SQLite moves them about', () => {
    const random = new Random(1)
    /** The marks of each function: its newest, and the earlier revisions that are kept. */
    const live = new Map<FunctionName, readonly number[]>()
    let marks = 0
    const text = (): string => {
      marks += 1
      const filler = 'x'.repeat(random.below(10) < 9 ? random.below(600) : random.below(20_000))
      return `<mark ${marks}>${filler}<mark ${marks}>`
    }
    const leftOver = (): readonly number[] => {
      const known = new Set([...live.values()].flat())
      const found = [...everything().matchAll(/<mark (\d{1,9})>/g)].map(([, mark]) => Number(mark))
      // Four of each, but for those that a border of pages cuts in two.
      assert.ok(found.filter((mark) => known.has(mark)).length > 3 * live.size)
      return found.filter((mark) => !known.has(mark))
    }
    withRegistry(({ functions }) => {
      for (let step = 0; step < 1_500; step += 1) {
        const name = functionName(`fn-${random.below(120)}`)
        const marksOf = live.get(name)
        const turn = random.below(4)
        if (marksOf === undefined) {
          functions.insert(change(name, text()))
          live.set(name, [marks])
        } else if (turn === 0) {
          functions.remove(name)
          live.delete(name)
        } else if (turn === 1) {
          functions.eraseEarlier(name)
          live.set(name, marksOf.slice(0, 1))
        } else {
          functions.replace(change(name, text()))
          live.set(name, [marks, ...marksOf].slice(0, 10))
        }
        if (step % 10 === 0) assert.deepEqual(leftOver(), [], `after step ${step}`)
      }
    })
  })

  it('is gone after the next start when the process was killed before it was erased', () => {
    const db = Database.open(join(dir, 'registry.db'))
    let killed = ''
    try {
      const functions = new FunctionStore(db)
      functions.insert(change(functionName('hello'), 'first-password'))
      // What `erasing` does before it empties the log.
      db.run(`DELETE FROM function`)
      killed = copyOfFolder()
    } finally {
      db.close()
    }
    assert.match(everything(killed), /first-password/)

    const started = Database.open(join(killed, 'registry.db'))
    try {
      assert.doesNotMatch(everything(killed), /first-password/)
    } finally {
      started.close()
    }
  })

  it('is gone after the upgrade of a registry that erased nothing', () => {
    const old = keep(new Sqlite(join(dir, 'registry.db')))
    old.exec(`PRAGMA journal_mode = WAL; PRAGMA secure_delete = OFF; ${MIGRATIONS[0] ?? ''}`)
    old.exec('PRAGMA application_id = 0x53414d50; PRAGMA user_version = 1')
    const insert = keep(
      old.prepare(
        `INSERT INTO function (namespace, name, body, spec, replicas, revision, invocations, created_at, updated_at)
       VALUES ('${NAMESPACE}', ?, ?, ?, 2, 7, 41, 1, 1)`,
      ),
    )
    // The free pages of the large one are more than the upgrade itself writes over.
    for (const [name, times] of [
      ['gone', 20_000],
      ['kept', 10],
    ] as const) {
      const { body, spec } = change(functionName(name), `${name}-password `.repeat(times))
      insert.run(name, body, JSON.stringify(spec))
    }
    old.exec(`DELETE FROM function WHERE name = 'gone'`)
    old.close()
    assert.match(everything(), /gone-password/)

    withRegistry(({ functions, invocations }) => {
      assert.doesNotMatch(everything(), /gone-password/)
      assert.match(everything(), /kept-password/)
      const [kept, ...others] = functions.all()
      assert.deepEqual([kept?.spec.name, kept?.revision, others.length], [`kept.${NAMESPACE}`, 7, 0])
      assert.equal(invocations.load().get(functionName('kept')), 41)
    })
  })

  it('is told to the log when it cannot be erased, and the change stands', () => {
    const failures: unknown[] = []
    const db = Database.open(join(dir, 'registry.db'), (error) => failures.push(error))
    try {
      const functions = new FunctionStore(db)
      const name = functionName('hello')
      functions.insert(change(name, 'first-password'))
      // Cannot be done within a transaction.
      db.transaction(() => functions.remove(name))

      assert.equal(functions.get(name), undefined)
      assert.match(String(failures[0]), /locked/)
    } finally {
      db.close()
    }
  })
})
