import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { filesUnder } from '../fixtures/files-under.ts'

/** What makes an answer that is about a limit, and nothing else. */
const OF_GATEWAY =
  /new FaasError\(\s*'(?:too-large|too-busy|timed-out)'|new Refusal\(\s*(?:408|413|429|431|504)\b/g
const OF_WATCHDOG = /\.(?:answer|fault)\((?:408|413|429|431|504)\b/g

/** The setting, or that there is none; or a message that is made where the limit is, and read here too. */
const NAMED = /SAMPAN_[A-Z]|[sS]etting|SETTING|a fixed limit|error\.message/
/** Value and name are in the text, or in a text that the limit made of them. */
const NAMED_BY_WATCHDOG = /(?:"[^"]*watchdog: [^"]*%[sd][^"]*"|limiter\.message)[^"]*$/

/** What makes an answer that something is not well; where a limit is why, it names that, else the cause. */
const UNWELL_OF_GATEWAY =
  /new FaasError\(\s*(?:'(?:bad-gateway|unavailable|timed-out)'|code\b)|super\(\s*'unavailable'|(?:new Refusal|refusal|textResponse)\(\s*50[234]\b|refuse\(exchange, 50[234]\b/g
const UNWELL_OF_WATCHDOG = /\.(?:answer|fault)\(50[234]\b/g

/** A reason that comes from where it is known: put into the text, or the whole text of who makes it. */
const REASON =
  /\$\{[^}]*(?:[rR]eason|[mM]essage)\b[^}]*\}|messageOf\(|engineMessage\(|explain\(\)|\breason\b|obstacle|line\.error/
/** Causes that are no limit, as their sentences say them. A new one is written here, where somebody reads whether it says why. */
const CAUSES = [
  'no replica is ready',
  'the gateway is stopping',
  'the gateway stops',
  'the daemon has not started yet',
  'the daemon stops',
  'is not on this host any more',
  'Sampan needs ${FLOOR} (Docker 20.10) or later',
  'Docker answered a create without an id',
  'Docker sent a malformed log stream',
  'does not exist in namespace',
  'exists and is not ours',
]
/** Texts that are made elsewhere, by whom. */
const PASSED_ON: Readonly<Record<string, readonly string[]>> = {
  'src/gateway/edge/listener.ts': ['src/gateway/edge/budgets/connection-census.ts'],
  'src/gateway/edge/client-connection.ts': ['src/gateway/edge/budgets/head-budget.ts'],
  'src/provider/docker/readiness/outlook.ts': ['src/provider/docker/readiness/outlook.ts'],
}

const CAUSES_OF_WATCHDOG = [
  'err.Error()',
  "the function's process does not run",
  'the function closed the connection without answering',
  'the function broke off its answer',
]
/** Health and readiness: programs ask, which look at the status; without a body, as the watchdogs of OpenFaaS answer. */
const WITHOUT_TEXT = 'watchdog/health.go'

interface Place {
  /** `file:line`. */
  readonly at: string
  readonly file: string
  /** To its end. */
  readonly statement: string
  /** From the beginning of the function that it is in. */
  readonly before: string
}

async function places(folder: string, ending: string, pattern: RegExp): Promise<readonly Place[]> {
  const files = await filesUnder(folder)
  return files
    .filter((file) => file.endsWith(ending) && !file.endsWith('_test.go'))
    .flatMap((file) => {
      const text = readFileSync(file, 'utf8')
      return [...text.matchAll(pattern)].map(({ index }) => {
        const begin = Math.max(text.lastIndexOf('\n}\n', index), text.lastIndexOf('\n  }\n', index), 0)
        const end = text.indexOf(')\n', index)
        return {
          at: `${file}:${text.slice(0, index).split('\n').length}`,
          file,
          statement: text.slice(index, end),
          before: text.slice(begin, index),
        }
      })
    })
}

describe('an answer about a limit', () => {
  it('an answer of the gateway about a limit names the setting, or says that the limit is fixed', async () => {
    const found = await places('src', '.ts', OF_GATEWAY)

    assert.ok(found.length >= 8, `only ${found.length} places are found: the pattern is outdated`)
    assert.deepEqual(
      found.filter(({ before, statement }) => !NAMED.test(before + statement)).map(({ at }) => at),
      [],
    )
  })

  it('an answer of the watchdog about a limit begins with its name and has the value', async () => {
    const found = await places('watchdog', '.go', OF_WATCHDOG)

    assert.ok(found.length >= 8, `only ${found.length} places are found: the pattern is outdated`)
    assert.deepEqual(
      found
        .filter(({ before, statement }) => !NAMED_BY_WATCHDOG.test(before + statement))
        .map(({ at }) => at),
      [],
    )
  })
})

describe('an answer that something is not well', () => {
  it('an answer of the gateway that something is not well names the setting where a limit is why, and the cause otherwise', async () => {
    const found = await places('src', '.ts', UNWELL_OF_GATEWAY)
    const says = (text: string): boolean =>
      NAMED.test(text) || REASON.test(text) || CAUSES.some((cause) => text.includes(cause))

    assert.ok(found.length >= 25, `only ${found.length} places are found: the pattern is outdated`)
    assert.deepEqual(
      found
        .filter(({ file, statement }) => PASSED_ON[file] === undefined && !says(statement))
        .map(({ at }) => at),
      [],
    )
    for (const maker of Object.values(PASSED_ON).flat())
      assert.ok(says(readFileSync(maker, 'utf8')), `${maker} does not say why`)
  })

  it('an answer of the watchdog that something is not well begins with its name, and has the value of a limit or the cause', async () => {
    const found = await places('watchdog', '.go', UNWELL_OF_WATCHDOG)
    const says = (text: string): boolean =>
      NAMED_BY_WATCHDOG.test(text) ||
      (/"watchdog: [^"]*"/.test(text) && CAUSES_OF_WATCHDOG.some((cause) => text.includes(cause)))

    assert.ok(found.length >= 14, `only ${found.length} places are found: the pattern is outdated`)
    assert.deepEqual(
      found.filter(({ file, statement }) => file !== WITHOUT_TEXT && !says(statement)).map(({ at }) => at),
      [],
    )
  })
})
