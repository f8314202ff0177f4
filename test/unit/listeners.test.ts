import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ContainerSockets } from '../../src/provider/docker/readiness/container-sockets.ts'
import type { ContainerDetails } from '../../src/provider/docker/engine/answers.ts'
import {
  type Listener,
  ownsAddress,
  parseListeners,
  takesLoopback,
} from '../../src/provider/docker/readiness/listeners.ts'
import { describeFinding, isLastingFinding } from '../../src/provider/docker/readiness/probe-finding.ts'
import { Readiness } from '../../src/provider/docker/readiness/readiness.ts'
import { ContainerPids } from '../../src/provider/docker/replicas/container-pids.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { PLAIN_PLAN } from '../../src/provider/docker/container/probe.ts'
import { identityOf } from '../fixtures/deployed.ts'

const REST = '00000000:00000000 00:00000000 00000000     0        0 2705470 1 00000000b9a75b0b 100 0 0 10 0'
const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
/** As the kernel writes it; one socket listens, one is Docker's name server, one is a connection. */
const TCP = [
  HEAD,
  `   0: 0100007F:1388 00000000:0000 0A ${REST}`,
  `   1: 0B00007F:A631 00000000:0000 0A ${REST}`,
  `  12: 0100007F:9C40 0100007F:1388 01 ${REST}`,
  '',
].join('\n')
const ANY6 = '0'.repeat(32)
const TCP6 = [
  HEAD,
  `   0: ${ANY6}:1F90 ${ANY6}:0000 0A ${REST}`,
  `   1: 00000000000000000000000001000000:0050 ${ANY6}:0000 0A ${REST}`,
  `   2: 0000000000000000FFFF0000020019AC:0051 ${ANY6}:0000 0A ${REST}`,
  '',
].join('\n')
const FIB_TRIE = [
  'Main:',
  '  +-- 0.0.0.0/0 3 0 5',
  '           |-- 172.25.0.0',
  '              /16 link UNICAST',
  '           |-- 172.25.0.2',
  '              /32 host LOCAL',
  '',
].join('\n')

const at = (address: string, port: number): Listener => ({ address, port })

describe("the kernel's tables of sockets", () => {
  it('tell what listens, without connections and without the name server of Docker', () => {
    assert.deepEqual(parseListeners(TCP), [at('127.0.0.1', 5_000)])
    assert.deepEqual(parseListeners(TCP6), [at('::', 8_080), at('::1', 80), at('172.25.0.2', 81)])
    assert.deepEqual(parseListeners('nonsense\n 0: 01:02 03 0A'), [])
  })

  it('tell whose they are by the addresses beside them', () => {
    assert.equal(ownsAddress(FIB_TRIE, '172.25.0.2'), true)
    assert.equal(ownsAddress(FIB_TRIE, '172.25.0.0'), false)
    assert.equal(ownsAddress(FIB_TRIE, '172.25.0.22'), false)
  })

  it('show a process for its watchdog on any address that includes loopback', () => {
    for (const address of ['127.0.0.1', '0.0.0.0', '::', '::1']) {
      assert.equal(takesLoopback([at(address, 5_000)], 5_000), true, address)
    }
    assert.equal(takesLoopback([at('172.25.0.2', 5_000), at('127.0.0.1', 5_001)], 5_000), false)
  })
})

describe('the sockets of a container', () => {
  let procDir: string
  before(async () => {
    procDir = await mkdtemp(join(tmpdir(), 'sampan-proc-'))
    await mkdir(join(procDir, '7/net'), { recursive: true })
    await writeFile(join(procDir, '7/net/tcp'), TCP)
    await writeFile(join(procDir, '7/net/fib_trie'), FIB_TRIE)
  })
  after(() => rm(procDir, { recursive: true }))

  function sockets(pid: number, host: string) {
    const table = new ReplicaTable(
      () => 0,
      () => {},
    )
    table.add('r', identityOf(), { isRunning: true, host })
    let inspections = 0
    const engine = {
      inspectContainer: async () => {
        inspections += 1
        return { pid } as ContainerDetails
      },
    }
    const pids = new ContainerPids({ engine, table })
    return {
      sockets: new ContainerSockets({ pid: (id) => pids.of(id), table, procDir }),
      inspections: () => inspections,
    }
  }

  it('are read by its process, for which the engine is asked once', async () => {
    const made = sockets(7, '172.25.0.2')

    assert.deepEqual(await made.sockets.listeners('r'), [at('127.0.0.1', 5_000)])
    await made.sockets.listeners('r')
    assert.equal(made.inspections(), 1)
  })

  it('are not known where the process is another one, is not seen, or is gone', async () => {
    assert.equal(await sockets(7, '172.25.0.9').sockets.listeners('r'), null)
    assert.equal(await sockets(8, '172.25.0.2').sockets.listeners('r'), null)
    assert.equal(await sockets(0, '172.25.0.2').sockets.listeners('r'), null)
    assert.equal(await sockets(7, '172.25.0.2').sockets.listeners('another'), null)
  })
})

describe('readiness behind a watchdog', () => {
  const NEVER = new AbortController().signal
  const target = { id: 'r', host: 'h', port: 8_080, probe: PLAIN_PLAN.readiness, processPort: 5_000 }
  const GOOD = { kind: 'good', isUnproven: false } as const
  const look = (listeners: readonly Listener[] | null, asked: Parameters<Readiness['look']>[0] = target) =>
    new Readiness({ ask: async () => GOOD, listeners: async () => listeners }).look(asked, NEVER)

  it('is proven when the process listens, and not by the watchdog alone', async () => {
    assert.deepEqual(await look([at('::', 8_080), at('127.0.0.1', 5_000)]), GOOD)
    assert.deepEqual(await look([at('::', 8_080)]), { kind: 'no-process', port: 5_000 })
  })

  it('is left open where nobody can look, or the list lacks what has just answered', async () => {
    assert.deepEqual(await look(null), { kind: 'good', isUnproven: true })
    assert.deepEqual(await look([at('127.0.0.1', 5_000)]), { kind: 'good', isUnproven: true })
  })

  it('asks for no process where the answer is proof', async () => {
    assert.deepEqual(await look([], { ...target, processPort: null }), GOOD)
  })
})

describe('the sentence about a finding', () => {
  const probe = { path: '/_/health', timeoutMs: 2_000, accept: 'status' } as const
  const say = (finding: Parameters<typeof describeFinding>[0], listeners: readonly Listener[] | null) =>
    describeFinding(finding, { port: 8_080, probe, listeners })

  it('says where a process listens that nobody reaches', () => {
    const refused = { kind: 'refused' } as const
    const nothing = 'nothing accepts connections at port 8080 of the container'

    assert.equal(say(refused, null), `${nothing}; does it listen on 0.0.0.0:8080?`)
    assert.equal(say(refused, []), `${nothing}: it does not listen yet; let it listen on 0.0.0.0:8080`)
    assert.equal(
      say(refused, [at('127.0.0.1', 8_080)]),
      `${nothing}: it listens on 127.0.0.1:8080 only, which is reached from within the container alone; let it listen on 0.0.0.0:8080`,
    )
    assert.equal(
      say(refused, [at('0.0.0.0', 3_000), at('::', 3_000)]),
      `${nothing}: it listens on 0.0.0.0:3000, [::]:3000; let it listen on 0.0.0.0:8080`,
    )
    assert.match(
      say(
        refused,
        Array.from({ length: 90 }, (_, n) => at('0.0.0.0', n)),
      ),
      /0\.0\.0\.0:4 and 85 more; let/,
    )
  })

  it('tells refused, closed, silent, not HTTP and a bad status apart', () => {
    assert.equal(
      say({ kind: 'closed' }, null),
      'GET /_/health: closed without an answer; does it speak HTTP at port 8080?',
    )
    assert.match(
      say({ kind: 'silent' }, null),
      /^GET \/_\/health: it takes connections, .* no answer within 2 s$/,
    )
    assert.match(say({ kind: 'not-http' }, null), /^GET .*: what came back is not HTTP; let it speak HTTP/)
    assert.match(say({ kind: 'status', status: 404 }, null), /status 404; is the path right\?$/)
    assert.equal(say({ kind: 'status', status: 500 }, null), 'GET /_/health: answered with status 500')
    assert.match(
      describeFinding(
        { kind: 'status', status: 503 },
        { port: 8_080, probe: { ...probe, accept: 'speaks' }, listeners: null },
      ),
      /^GET \/_\/health: answered with status 503, by which its watchdog says/,
    )
    assert.equal(say({ kind: 'no-address' }, null), 'its container has no address in its network')
    assert.equal(say({ kind: 'good', isUnproven: false }, null), '')
  })

  it('says where the process behind a watchdog listens instead', () => {
    assert.equal(
      say({ kind: 'no-process', port: 5_000 }, [at('::', 8_080), at('::', 8_081), at('127.0.0.1', 3_000)]),
      'its process does not listen at port 5000 (upstream_url): it listens on 127.0.0.1:3000; let it listen there, or let upstream_url say where it does',
    )
    assert.equal(
      say({ kind: 'no-process', port: 5_000 }, [at('::', 8_080)]),
      'its process does not listen at port 5000 (upstream_url)',
    )
  })

  it('is known to last where waiting hardly helps, and not where a start is slow', () => {
    const lasts = (finding: Parameters<typeof describeFinding>[0], listeners: readonly Listener[] | null) =>
      isLastingFinding(finding, { port: 8_080, probe, listeners })
    const behind = { kind: 'no-process', port: 5_000 } as const

    assert.deepEqual(
      [
        lasts({ kind: 'refused' }, [at('127.0.0.1', 8_080)]),
        lasts(behind, [at('::', 8_080), at('::', 3_000)]),
        lasts({ kind: 'closed' }, null),
        lasts({ kind: 'not-http' }, null),
        lasts({ kind: 'status', status: 404 }, null),
      ],
      [true, true, true, true, true],
    )
    assert.deepEqual(
      [
        lasts({ kind: 'refused' }, []),
        lasts({ kind: 'refused' }, null),
        lasts(behind, [at('::', 8_080), at('::', 8_081)]),
        lasts({ kind: 'silent' }, null),
        lasts({ kind: 'status', status: 503 }, null),
      ],
      [false, false, false, false, false],
    )
  })
})
