import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

// What faas-cli 0.18 writes for these answers, byte by byte: the widths of its formats, and columns as Go's tabwriter makes them.

const FULL = {
  status: { state: 'ready', reason: '' },
  name: 'full',
  namespace: 'openfaas-fn',
  image: 'registry.example/team/full-of-everything:0.1.2-abcdef',
  envProcess: 'node index.js',
  envVars: { b: '<2>', a: '1 & 1' },
  constraints: ['node.role == worker'],
  secrets: ['key', 'token'],
  labels: { z: '1', 'com.openfaas.scale.min': '2' },
  annotations: { topic: 'x' },
  limits: { cpu: '500m', memory: '128Mi' },
  requests: { memory: '64Mi' },
  readOnlyRootFilesystem: true,
  invocationCount: 1234,
  replicas: 2,
  availableReplicas: 1,
  createdAt: '2026-01-02T03:04:05.500000000Z',
  usage: { cpu: 12.6, totalMemoryBytes: 3_500_000 },
}
const BARE = { name: 'bare', image: 'b:1', labels: {}, annotations: null, replicas: 0 }

const LIST = `Function                      \tInvocations    \tReplicas
bare                          \t0              \t0${'    '}
full                          \t1234           \t2${'    '}
`

const VERBOSE = `Function                      \tImage                                                \tInvocations    \tReplicas\tCreatedAt
bare                          \tb:1                                                  \t0              \t0    \t\t0001-01-01 00:00:00 +0000 UTC
full                          \tregistry.example/team/full-of-everything:0.1.2-abcdef\t1234           \t2    \t\t2026-01-02 03:04:05.5 +0000 UTC
`

const JSON_TEXT = `[
  {
    "name": "bare",
    "image": "b:1",
    "labels": {},
    "createdAt": "0001-01-01T00:00:00Z"
  },
  {
    "name": "full",
    "image": "registry.example/team/full-of-everything:0.1.2-abcdef",
    "namespace": "openfaas-fn",
    "envProcess": "node index.js",
    "envVars": {
      "a": "1 \\u0026 1",
      "b": "\\u003c2\\u003e"
    },
    "constraints": [
      "node.role == worker"
    ],
    "secrets": [
      "key",
      "token"
    ],
    "labels": {
      "com.openfaas.scale.min": "2",
      "z": "1"
    },
    "annotations": {
      "topic": "x"
    },
    "limits": {
      "memory": "128Mi",
      "cpu": "500m"
    },
    "requests": {
      "memory": "64Mi"
    },
    "readOnlyRootFilesystem": true,
    "invocationCount": 1234,
    "replicas": 2,
    "availableReplicas": 1,
    "createdAt": "2026-01-02T03:04:05.5Z",
    "usage": {
      "cpu": 12.6,
      "totalMemoryBytes": 3500000
    }
  }
]
`

const DESCRIBED = `Name:               full
Status:             Ready
Replicas:           2
Available Replicas: 1
Invocations:        1234
Image:              registry.example/team/full-of-everything:0.1.2-abcdef
Function Process:   node index.js
URL:                URL/function/full
Async URL:          URL/async-function/full
Labels:
 com.openfaas.scale.min: 2
 z: 1
Annotations:
 topic: x
Constraints:
 - node.role == worker
Environment:
 a: 1 & 1
 b: <2>
Secrets:
 - key
 - token
Requests:  CPU:${' '}
 Memory: 64Mi
Limits:    CPU: 500m
 Memory: 128Mi
Usage:
  RAM:  3.34 MB
  CPU:  13 Mi
`

const DESCRIBED_BARE = `Name:               bare
Status:             Not Ready
Replicas:           0
Available Replicas: 0
Invocations:        0
Image:              b:1
Function Process:   <default>
URL:                URL/function/bare
Async URL:          URL/async-function/bare
`

const DESCRIBED_BARE_VERBOSE = `${DESCRIBED_BARE}Labels:              <none>
Annotations:         <none>
Constraints:         <none>
Environment:         <none>
Secrets:             <none>
Requests:            <none>
Limits:              <none>
Usage:               <none>
`

const RECORDS = [
  {
    name: 'f',
    namespace: 'openfaas-fn',
    instance: 'i1',
    timestamp: '2026-01-02T03:04:05.120Z',
    text: 'a <b>\n',
  },
  { name: 'f', namespace: 'openfaas-fn', instance: 'i2', timestamp: '2026-01-02T03:04:06Z', text: 'say "x"' },
]

async function rigWith(): Promise<CliRig> {
  const rig = await CliRig.start()
  rig.reply('GET', '/system/functions', { body: JSON.stringify([FULL, BARE]) })
  for (const one of [FULL, BARE])
    rig.reply('GET', `/system/function/${one.name}`, { body: JSON.stringify(one) })
  rig.reply('GET', '/system/logs', { body: RECORDS.map((record) => `${JSON.stringify(record)}\n`).join('') })
  return rig
}

describe('output that scripts read', () => {
  for (const [words, expected] of [
    [['list'], LIST],
    [['list', '-v'], VERBOSE],
    [['list', '-q'], 'bare\nfull\n'],
    [['list', '--json'], JSON_TEXT],
    [['list', '-j', '--sort', 'invocations', '-q'], null],
    [['describe', 'full'], DESCRIBED],
    [['describe', 'bare'], DESCRIBED_BARE],
    [['describe', 'bare', '-v'], DESCRIBED_BARE_VERBOSE],
    [['version', '--short-version'], null],
  ] as const)
    it(`18.2.29, 18.2.31, 18.2.32: ${words.join(' ')} is that of faas-cli, byte by byte`, async () => {
      await using rig = await rigWith()
      const { status, stdout, stderr } = await rig.run(words)
      assert.equal(status, 0, stderr)
      assert.equal(stderr, '')
      if (expected !== null) assert.equal(stdout.replaceAll(rig.url, 'URL'), expected)
      else if (words[0] === 'version') assert.match(stdout, /^\S+\n$/)
      else
        assert.deepEqual(
          (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name),
          ['full', 'bare'],
        )
    })

  it('18.2.31, 18.2.32: describe --json has the fields of OpenFaaS, then those of the command line', async () => {
    await using rig = await rigWith()
    const { stdout } = await rig.run(['describe', 'full', '-j'])
    const [, full = ''] = /^\[\n[^]*?\n {2}\},\n {2}(\{[^]*)\n {2}\}\n\]\n$/.exec(JSON_TEXT) ?? []
    const fields = full.replaceAll('\n  ', '\n')
    assert.equal(
      stdout.replaceAll(rig.url, 'URL'),
      `${fields},\n  "Status": "Ready",\n  "InvocationCount": 1234,\n  "URL": "URL/function/full",\n  "AsyncURL": "URL/async-function/full"\n}\n`,
    )
  })

  it('what a gateway says beyond that is in --output json', async () => {
    await using rig = await rigWith()
    const { stdout } = await rig.run(['list', '--output', 'json'])
    assert.deepEqual(JSON.parse(stdout), [BARE, FULL])
  })

  for (const [flags, expected] of [
    [[], '2026-01-02T03:04:05Z a <b>\n2026-01-02T03:04:06Z say "x"\n'],
    [
      ['--name', '--instance', '--time-format', 'rfc3339nano'],
      '2026-01-02T03:04:05.12Z f (i1) a <b>\n2026-01-02T03:04:06Z f (i2) say "x"\n',
    ],
    [['--time-format', ''], 'a <b>\nsay "x"\n'],
    [
      ['-o', 'keyvalue', '--name', '--instance'],
      'timestamp="2026-01-02T03:04:05Z" name="f" instance="i1" text="a <b>" \ntimestamp="2026-01-02T03:04:06Z" name="f" instance="i2" text="say "x"" \n',
    ],
    [
      ['-o', 'json'],
      '{"name":"f","namespace":"openfaas-fn","instance":"i1","timestamp":"2026-01-02T03:04:05.12Z","text":"a \\u003cb\\u003e\\n"}\n{"name":"f","namespace":"openfaas-fn","instance":"i2","timestamp":"2026-01-02T03:04:06Z","text":"say \\"x\\""}\n',
    ],
  ] as const)
    it(`18.4.47: logs ${flags.join(' ')} is that of faas-cli, byte by byte`, async () => {
      await using rig = await rigWith()
      const { stdout, stderr } = await rig.run(['logs', 'f', '--tail=false', ...flags])
      assert.equal(stdout, expected, stderr)
    })

  it('a generated secret is 44 letters of base64 for 32 bytes, without a line end', async () => {
    await using rig = await rigWith()
    assert.match((await rig.run(['secret', 'generate'])).stdout, /^[A-Za-z0-9+/]{43}=$/)
    await rig.run(['secret', 'gen', '-o', 'file', '--length', '1'])
    assert.match(await readFile(`${rig.cwd}/file`, 'utf8'), /^[A-Za-z0-9+/]{2}==$/)
  })
})
