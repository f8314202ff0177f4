import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

const STACK = `version: 1.0
provider:
  name: openfaas
functions:
  url-ping:
    image: me/url-ping:0.2
    namespace: not here
  all:
    image: me/all
    fprocess: not here
    environment: { write_debug: true, b: "yes", lines: "one\\ntwo\\n", day: 2020-01-02 }
    environment_file: [more.yml]
    labels: { l: 1 }
    annotations: { topic: x }
    limits: { memory: 128Mi, cpu: 100m }
    requests: { cpu: 50m }
    constraints: [a]
    secrets: [s1, s2]
    readonly_root_filesystem: true
`

describe('sampan generate', () => {
  let rig: CliRig

  beforeEach(async () => {
    rig = await CliRig.start()
    await writeFile(join(rig.cwd, 'stack.yaml'), STACK)
    await writeFile(join(rig.cwd, 'more.yml'), 'environment:\n  c: more\n')
  })
  afterEach(() => rig[Symbol.asyncDispose]())

  it('18.5.63: writes functions by their names, as the operator of OpenFaaS reads them', async () => {
    const { status, stdout, stderr } = await rig.run(['generate'])
    assert.equal(status, 0, stderr)
    assert.equal(
      stdout,
      `---
apiVersion: openfaas.com/v1
kind: Function
metadata:
  name: all
  namespace: openfaas-fn
spec:
  name: all
  image: me/all:latest
  environment:
    b: "yes"
    c: more
    day: "2020-01-02"
    lines: |
      one
      two
    write_debug: "true"
  labels:
    l: "1"
  annotations:
    topic: x
  limits:
    memory: 128Mi
    cpu: 100m
  requests:
    cpu: 50m
  constraints:
    - a
  secrets:
    - s1
    - s2
  readOnlyRootFilesystem: true
---
apiVersion: openfaas.com/v1
kind: Function
metadata:
  name: url-ping
  namespace: openfaas-fn
spec:
  name: url-ping
  image: me/url-ping:0.2

`,
    )
    const other = await rig.run(['generate', '--filter', 'url*', '-n', '', '--api', 'openfaas.com/v1alpha2'])
    assert.match(
      other.stdout,
      /^---\napiVersion: openfaas\.com\/v1alpha2\nkind: Function\nmetadata:\n {2}name: url-ping\nspec:/,
    )
  })

  it('18.5.63: and as Knative reads them', async () => {
    const { stdout } = await rig.run(['generate', '--api', 'serving.knative.dev/v1', '--regex', '^all$'])
    assert.equal(
      stdout,
      `---
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: all
  namespace: openfaas-fn
  annotations:
    topic: x
spec:
  template:
    spec:
      containers:
        - image: me/all:latest
          env:
            - name: b
              value: "yes"
            - name: c
              value: more
            - name: day
              value: "2020-01-02"
            - name: lines
              value: |
                one
                two
            - name: write_debug
              value: "true"
          volumeMounts:
            - name: s1
              mountPath: /var/openfaas/secrets/s1
              readOnly: true
            - name: s2
              mountPath: /var/openfaas/secrets/s2
              readOnly: true
      volumes:
        - name: s1
          secret:
            secretName: s1
        - name: s2
          secret:
            secretName: s2

`,
    )
  })

  it('18.5.63: --from-store takes a function of the store', async () => {
    const functions = [
      {
        name: 'fig',
        title: 'f',
        images: { x86_64: 'reg/fig:1', arm64: 'reg/fig:arm' },
        fprocess: 'figlet',
        labels: { a: 'store' },
      },
    ]
    rig.reply('GET', '/f.json', { body: JSON.stringify({ version: '0.2.0', functions }) })
    const env = { OPENFAAS_STORE: `${rig.url}/f.json` }
    const words = [
      'generate',
      '--from-store',
      'fig',
      '--name',
      'x',
      '-l',
      'b=flag',
      '--annotation',
      'more=1',
      '--arch',
      'arm64',
    ]
    const { status, stdout, stderr } = await rig.run(words, { env })
    assert.equal(status, 0, stderr)
    assert.match(
      stdout,
      /spec:\n {2}name: x\n {2}image: reg\/fig:arm\n {2}environment:\n {4}fprocess: figlet\n {2}labels:\n {4}a: store\n {4}b: flag\n {2}annotations:\n {4}more: "1"\n\n$/,
    )
    assert.equal((await rig.run(['generate', '--from-store', 'none'], { env })).status, 1)
  })

  it('a stack file that is not there is an error', async () => {
    const { status, stderr, stdout } = await rig.run(['generate', '-f', 'none.yaml'])
    assert.equal(status, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /none\.yaml/)
  })
})
