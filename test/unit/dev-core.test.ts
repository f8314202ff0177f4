import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { captured } from '../../src/cli/dev/captured.ts'
import { named, stepFor } from '../../src/cli/dev/change-plan.ts'
import { changesetOf } from '../../src/cli/dev/changeset.ts'
import { devBody } from '../../src/cli/dev/dev-build.ts'
import { restoringOf } from '../../src/cli/dev/restore.ts'
import { Screen } from '../../src/cli/dev/screen.ts'
import { shownRecord } from '../../src/cli/dev/shown-record.ts'
import type { Session } from '../../src/cli/session.ts'
import { shippedTemplate, shippedTemplates } from '../../src/cli/templates/shipped.ts'
import { readManifest } from '../../src/cli/templates/template-manifest.ts'
import type { SeenEntry } from '../../src/cli/watch/tree-changes.ts'
import { systemClock } from '../../src/clock.ts'

const FILE: SeenEntry = { kind: 'file', mode: 0o644, digest: '1' }
const FOLDER: SeenEntry = { kind: 'folder', mode: 0o755, digest: '' }

describe('what an edit asks for', () => {
  const node = { handlerPath: '/home/app/function', rebuild: ['package.json', 'vendor'] }
  const edit = (changed: readonly string[], removed: readonly string[] = []) => ({ changed, removed })

  it('is a change in place for an interpreted handler, and an image for what is read when it is made', () => {
    assert.equal(stepFor(edit(['handler.js', 'lib/a.js']), node), 'sync')
    assert.equal(stepFor(edit([], ['old.js']), node), 'sync')
    assert.equal(stepFor(edit(['handler.js', 'package.json']), node), 'build')
    assert.equal(stepFor(edit([], ['package.json']), node), 'build')
    assert.equal(stepFor(edit(['vendor']), node), 'build')
    assert.equal(stepFor(edit(['handler.go']), { handlerPath: '', rebuild: [] }), 'build')
  })

  it('is told by a few names', () => {
    assert.equal(named(edit(['a'], ['b'])), 'a, -b')
    assert.equal(named(edit(['a', 'b', 'c', 'd', 'e'])), 'a, b, c and 2 more')
  })

  it('is in place for the templates that are interpreted, and for no other', async () => {
    const inPlace: string[] = []
    for (const name of await shippedTemplates()) {
      const { handlerPath, rebuild } = await readManifest(shippedTemplate(name) ?? '')
      if (handlerPath !== '') inPlace.push(`${name} ${rebuild.join(' ')}`.trim())
    }
    assert.deepEqual(inPlace, [
      'bash',
      'node package.json package-lock.json',
      'php composer.json composer.lock vendor',
      'python requirements.txt',
      'ruby Gemfile Gemfile.lock',
      'static',
      'typescript package.json package-lock.json',
    ])
  })
})

describe('what a container gets', () => {
  it('is all that was touched since its image was made: as it is now, or that it is gone', () => {
    const tree = new Map([
      ['a.js', FILE],
      ['lib', FOLDER],
      ['lib/b.js', FILE],
      ['was-a-folder', FILE],
    ])
    const touched = [
      'lib/b.js',
      'lib',
      'gone.js',
      'old',
      'old/x',
      'lib/gone.js',
      'was-a-folder',
      'was-a-folder/x',
    ]

    assert.deepEqual(changesetOf(touched, tree), {
      written: ['lib', 'lib/b.js', 'was-a-folder'],
      removed: ['gone.js', 'lib/gone.js', 'old'],
    })
    assert.deepEqual(changesetOf([], tree), { written: [], removed: [] })
  })
})

describe('a deployment to work on', () => {
  const body = { service: 'fn', image: 'x', labels: { a: 'b' }, annotations: { c: 'd' } }

  it('is marked, and its watchdog says a line for each call, unless the stack file says otherwise', () => {
    const made = devBody(body, { handlerPath: '/app', rebuild: [] }, { isNew: true })
    assert.deepEqual(made.annotations, { c: 'd', 'com.sampan.dev': '/app', 'com.sampan.dev.new': 'true' })
    assert.deepEqual(made.envVars, { access_log: 'true', prefix_logs: 'false' })
    assert.deepEqual(made.labels, { a: 'b' })
    const own = devBody(
      { ...body, envVars: { access_log: 'false' } },
      { handlerPath: '', rebuild: [] },
      { isNew: false },
    )
    assert.equal(own.envVars?.['access_log'], 'false')
    assert.deepEqual(own.annotations, { c: 'd', 'com.sampan.dev': 'rebuild' })
  })

  it('is put back to what was there before, by what the gateway knows', () => {
    const dev = { name: 'fn', image: 'x', annotations: { 'com.sampan.dev': '/app' } }
    const fresh = { ...dev, annotations: { ...dev.annotations, 'com.sampan.dev.new': 'true' } }
    const marked = { revision: 9, dev: true }

    assert.deepEqual(
      restoringOf(dev, [marked, { revision: 8, dev: true }, { revision: 3 }, { revision: 2 }]),
      {
        kind: 'return',
        revision: 3,
      },
    )
    assert.deepEqual(restoringOf(fresh, [marked]), { kind: 'remove' })
    // Somebody erased them: a function that was there is never removed.
    assert.deepEqual(restoringOf(dev, [marked]), { kind: 'lost' })
    assert.equal(restoringOf({ name: 'fn', image: 'x' }, [{ revision: 10 }, marked]).kind, 'nothing')
    assert.equal(restoringOf(null, []).kind, 'nothing')
  })
})

describe('the log of a function that somebody works on', () => {
  it('shows its own lines as they are, calls in short, and of the watchdog what is new', () => {
    const at = '2026/11/28 12:23:47 '
    assert.deepEqual(shownRecord('hello\n'), { kind: 'line', text: 'hello' })
    assert.deepEqual(shownRecord(`${at}GET /a?b=c - 200 - ContentLength: 5B In: 0B (0.0123s) [abc-1]\n`), {
      kind: 'call',
      status: 200,
      text: 'GET /a?b=c 200 5 B 12 ms',
    })
    assert.deepEqual(shownRecord(`${at}POST / - 502 - ContentLength: 47B In: 1B (0.0001s) not-running [x]`), {
      kind: 'call',
      status: 502,
      text: 'POST / 502 47 B 0 ms not-running',
    })
    assert.equal(shownRecord(`${at}mode: http fprocess: "node"`), null)
    assert.equal(shownRecord(`${at}terminated: no new connections in 1ms, at most 32.001s in all`), null)
    assert.equal(shownRecord(`${at}SIGUSR2: the function's process is replaced`), null)
    assert.deepEqual(
      shownRecord(`${at}the function's process ended: exit status 1; waiting for the next SIGUSR2`),
      { kind: 'broken', text: 'the process ended: exit status 1; the next edit starts it again' },
    )
    assert.deepEqual(shownRecord(`${at}warning: something`), { kind: 'line', text: 'warning: something' })
  })
})

describe('the screen', () => {
  const sessionWith = (isTTY: boolean, env: Readonly<Record<string, string>> = {}, columns = 40) => {
    let text = ''
    const stdout = Object.assign(new PassThrough(), { isTTY, columns })
    stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    const stdin = Readable.from([])
    const signal = new AbortController().signal
    const session: Session = {
      stdin,
      stdout,
      stderr: new PassThrough(),
      env,
      cwd: '/',
      signal,
      clock: systemClock,
    }
    return { session, text: () => text }
  }

  it('is plain lines where nobody looks: no colours, no line that is written anew', () => {
    const { session, text } = sessionWith(false)
    const screen = new Screen(session, ['a', 'long'])

    screen.state('a', 'ready')
    screen.say('a', 'built')
    screen.log('long', 'one\ntwo')
    screen.call('a', 500, 'GET / 500')
    screen.close()

    assert.equal(text(), 'a    | built\nlong | one\nlong | two\na    | GET / 500\n')
  })

  it('has one line below at a terminal, never wider than it, and takes it away at the end', () => {
    const { session, text } = sessionWith(true, { NO_COLOR: '1' })
    const screen = new Screen(session, ['a'])

    screen.state('a', `broken because ${'of much '.repeat(10)}`)
    screen.say('a', 'built')
    screen.close()

    const lines = text().split('\n')
    assert.ok(text().includes('\u001B[K'))
    assert.equal(text().replaceAll('\u001B[K', '').includes('\u001B'), false)
    const live = (lines.at(-1) ?? '').split('\u001B[K')
    assert.ok(
      live.every((part) => part.replaceAll('\r', '').length < 40),
      JSON.stringify(live),
    )
    assert.match(text(), /… \| Ctrl-C ends/)
    assert.ok(text().endsWith('\r\u001B[K'))
  })

  it('has colours unless NO_COLOR says no, and no line below at a dumb terminal', () => {
    const coloured = sessionWith(true)
    new Screen(coloured.session, ['a']).fail('a', 'no')
    assert.ok(coloured.text().includes('\u001B[31mno\u001B[39m'))
    const dumb = sessionWith(true, { TERM: 'dumb' })
    const screen = new Screen(dumb.session, ['a'])
    screen.state('a', 'ready')
    screen.fail('a', 'no')
    assert.equal(dumb.text(), 'a | no\n')
  })

  it('keeps what a build says until it is of use', () => {
    const { session, text } = sessionWith(false)
    const quiet = captured(session)
    for (let at = 0; at < 300; at += 1) quiet.session.stdout.write(`line ${at}\n\n`)
    quiet.session.stderr.write('half')

    assert.equal(quiet.last(2), 'line 298\nline 299')
    assert.equal(text(), '')
  })
})
