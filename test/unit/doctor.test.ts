import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CHECKS, diagnose } from '../../src/doctor/diagnose.ts'
import { environmentIn, environmentOfUnit } from '../../src/core/environment-file.ts'
import type { Facts } from '../../src/doctor/facts.ts'
import { memoryController } from '../../src/doctor/kernel-command-line.ts'
import { MACHINE_CASES } from '../fixtures/doctor/machine-cases.ts'
import { SETUP_CASES } from '../fixtures/doctor/setup-cases.ts'
import { STORAGE_CASES } from '../fixtures/doctor/storage-cases.ts'
import { type Case, WELL } from '../fixtures/doctor/well-host.ts'

const CASES = [...MACHINE_CASES, ...STORAGE_CASES, ...SETUP_CASES]

function changed({ change }: Case): Facts {
  const parts = Object.entries(change).map(([part, value]) => {
    const before = WELL[part as keyof Facts]
    const isPlain = Array.isArray(value) || value === null
    return [part, isPlain ? value : { ...(before as object), ...(value as object) }]
  })
  return { ...WELL, ...(Object.fromEntries(parts) as Partial<Facts>) }
}

describe('the doctor', () => {
  it('finds nothing wrong where nothing is, and has every check say so', () => {
    const found = diagnose(WELL)

    assert.deepEqual(
      found.filter(({ state }) => state !== 'ok'),
      [],
    )
    const silent = CHECKS.map(({ name }) => name).filter((name) => !found.some(({ check }) => check === name))
    assert.deepEqual(silent, ['runtime-path'])
  })

  for (const one of CASES)
    it(`case 25: finds ${one.when}, says what it means and what mends it, and nothing else`, () => {
      const found = diagnose(changed(one))

      const wrong = found.filter(({ state }) => state !== 'ok')
      assert.deepEqual(
        wrong.map(({ check }) => check),
        [one.check, ...(one.also ?? [])].filter((name) => wrong.some(({ check }) => check === name)),
      )
      const [finding] = wrong
      assert.equal(finding?.check, one.check)
      assert.equal(finding?.state, one.state)
      assert.match(finding?.fix ?? '', one.fix)
      assert.notEqual(finding?.meaning, '')
      if (one.text !== undefined) assert.match(finding?.text ?? '', one.text)
    })

  it('has a made-up world for each of its checks', () => {
    const covered = new Set(CASES.map(({ check }) => check))
    assert.deepEqual(
      CHECKS.filter(({ name }) => !covered.has(name)),
      [],
    )
  })

  it('judges nothing that it could not see', () => {
    const unseen: Facts = {
      ...WELL,
      engine: { ...WELL.engine, problem: 'EACCES', kernel: '', limitsMemory: false },
      engineDisk: null,
      runtime: null,
      binding: null,
      service: null,
      daemon: null,
    }

    assert.deepEqual(
      diagnose(unseen)
        .filter(({ state }) => state !== 'ok')
        .map(({ check }) => check),
      ['engine'],
    )
  })
})

describe('the command line of a kernel', () => {
  const cases = [
    ['quiet', 'as-built'],
    ['cgroup_disable=memory quiet', 'off'],
    ['cgroup_disable=memory quiet cgroup_enable=memory', 'on'],
    ['cgroup_enable=memory quiet cgroup_disable=memory', 'off'],
    ['cgroup_disable=memory cgroup_memory=1', 'off'],
    ['cgroup_disable=memory cgroup_enable=cpuset,memory\n', 'on'],
  ] as const
  for (const [text, verdict] of cases)
    it(`case 27: ${text.trim()} leaves the controller of memory ${verdict}`, () => {
      assert.equal(memoryController(text), verdict)
    })
})

it('an environment file is read as systemd reads it', () => {
  const text = `# a comment\n; another\nA=1\n B="two words"\nC='$X \\n'\nD="a\\"b"\nE=one \\\ntwo\nno assignment\nF=\n`

  assert.deepEqual(environmentIn(text), {
    A: '1',
    B: 'two words',
    C: '$X \\n',
    D: 'a"b',
    E: 'one two',
    F: '',
  })
})

it('the environment of a unit is read as systemctl shows it', () => {
  const line = 'SAMPAN_DATA_DIR=/var/lib/sampan "A=two words" SAMPAN_WATCHDOG_DIR=/opt/sampan/watchdog\n'

  assert.deepEqual(environmentOfUnit(line), {
    SAMPAN_DATA_DIR: '/var/lib/sampan',
    A: 'two words',
    SAMPAN_WATCHDOG_DIR: '/opt/sampan/watchdog',
  })
  assert.deepEqual(environmentOfUnit(''), {})
})
