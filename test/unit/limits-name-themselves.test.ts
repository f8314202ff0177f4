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

/** From the beginning of the function to the end of the statement. */
async function places(
  folder: string,
  ending: string,
  pattern: RegExp,
): Promise<readonly (readonly [string, string])[]> {
  const files = await filesUnder(folder)
  return files
    .filter((file) => file.endsWith(ending) && !file.endsWith('_test.go'))
    .flatMap((file) => {
      const text = readFileSync(file, 'utf8')
      return [...text.matchAll(pattern)].map(({ index }) => {
        const begin = Math.max(text.lastIndexOf('\n}\n', index), text.lastIndexOf('\n  }\n', index), 0)
        const end = text.indexOf(')\n', index)
        return [`${file}:${text.slice(0, index).split('\n').length}`, text.slice(begin, end)] as const
      })
    })
}

describe('an answer about a limit', () => {
  it('of the gateway names the setting, or says that the limit is fixed', async () => {
    const found = await places('src', '.ts', OF_GATEWAY)

    assert.ok(found.length >= 8, `only ${found.length} places are found: the pattern is outdated`)
    assert.deepEqual(
      found.filter(([, text]) => !NAMED.test(text)).map(([place]) => place),
      [],
    )
  })

  it('of the watchdog begins with its name and has the value', async () => {
    const found = await places('watchdog', '.go', OF_WATCHDOG)

    assert.ok(found.length >= 8, `only ${found.length} places are found: the pattern is outdated`)
    assert.deepEqual(
      found.filter(([, text]) => !NAMED_BY_WATCHDOG.test(text)).map(([place]) => place),
      [],
    )
  })
})
