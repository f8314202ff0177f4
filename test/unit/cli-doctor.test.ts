import assert from 'node:assert/strict'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { judged } from '../../src/cli/doctor/disk-findings.ts'
import type { Finding } from '../../src/cli/doctor/finding.ts'
import { CliRig } from '../fixtures/cli-rig.ts'

/** A `docker` that says what the test wants. */
const DOCKER = `#!/bin/sh
case "$1" in
  version) echo '{"Version":"27.1","Os":"linux","Arch":"ARCH"}' ;;
  buildx) exit 1 ;;
  info) echo /nonexistent ;;
esac
`

const INFO = JSON.stringify({
  provider: { provider: 'sampan', orchestration: 'docker', version: {} },
  version: { release: '0.1.0' },
  arch: 'arm64',
  queue: { isUp: true },
})

async function withDocker(
  script: string,
): Promise<{ readonly rig: CliRig; readonly env: Record<string, string> }> {
  const rig = await CliRig.start()
  await mkdir(join(rig.home, 'bin'))
  await writeFile(join(rig.home, 'bin', 'docker'), script)
  await chmod(join(rig.home, 'bin', 'docker'), 0o755)
  return { rig, env: { PATH: `${rig.home}/bin:${process.env['PATH'] ?? ''}` } }
}

function states(text: string): Record<string, string> {
  return Object.fromEntries((JSON.parse(text) as Finding[]).map(({ subject, state }) => [subject, state]))
}

describe('doctor', () => {
  it('says of each thing whether it is well, and what to do', async () => {
    const { rig, env } = await withDocker(DOCKER.replace('ARCH', 'amd64'))
    await using _ = rig
    rig.reply('GET', '/healthz', {})
    rig.reply('GET', '/system/info', { body: INFO })

    const { status, stdout } = await rig.run(['doctor'], { env })

    assert.equal(status, 0)
    assert.match(stdout, /^ok {7}Docker {8}27\.1, linux\/amd64\nwarning {2}buildx {8}not installed\n {23}\S/)
    assert.match(stdout, /\nok {7}gateway {7}http:\S+ \(OPENFAAS_URL\), sampan 0\.1\.0, docker, arm64\n/)
    assert.match(stdout, /\nok {7}credentials {3}the gateway takes requests without\nok {7}queue /)
    assert.match(
      stdout,
      /\nok {7}clock [^]*\nwarning {2}architecture {2}images built here are for amd64, the gateway runs arm64\n/,
    )
    assert.match(stdout, /free in \//)
  })

  it('fails when credentials are missing, and when nobody answers', async () => {
    const { rig, env } = await withDocker(DOCKER.replace('ARCH', 'arm64'))
    await using _ = rig
    rig.reply('GET', '/healthz', { status: 503, body: 'provider: no Docker' })
    rig.reply('GET', '/system/info', { status: 401 })

    const refused = await rig.run(['doctor', '-j'], { env })
    const away = await rig.run(['doctor', '-j', '-g', 'http://127.0.0.1:1'], { env })

    assert.deepEqual([refused.status, away.status], [1, 1])
    assert.deepEqual(states(refused.stdout)['credentials'], 'failed')
    assert.deepEqual(states(refused.stdout)['gateway'], 'failed')
    assert.deepEqual(states(away.stdout)['gateway'], 'failed')
  })

  it('fails for want of Docker only where functions are to run', async () => {
    const { rig, env } = await withDocker('#!/bin/sh\necho "permission denied" >&2\nexit 1\n')
    await using _ = rig
    rig.reply('GET', '/healthz', {})
    rig.reply('GET', '/system/info', { body: INFO })

    const here = await rig.run(['doctor', '-j'], { env })
    const there = await rig.run(['doctor', '-j', '-g', 'http://127.0.0.2:1'], { env })

    assert.equal(states(here.stdout)['Docker'], 'failed')
    assert.match(here.stdout, /usermod -aG docker/)
    assert.equal(states(there.stdout)['Docker'], 'warning')
  })

  it('warns of a clock that differs', async () => {
    const { rig, env } = await withDocker(DOCKER)
    await using _ = rig
    rig.reply('GET', '/healthz', { headers: { Date: 'Thu, 01 Jan 1970 00:00:10 GMT' } })
    rig.reply('GET', '/system/info', { body: INFO })

    assert.equal(states((await rig.run(['doctor', '-j'], { env })).stdout)['clock'], 'warning')
  })

  it('judges the room on a disk', () => {
    const MIB = 1024 * 1024

    assert.deepEqual(
      [50, 500, 5_000].map((mib) => judged('/', mib * MIB).state),
      ['failed', 'warning', 'ok'],
    )
  })
})
