import { readFileSync } from 'node:fs'
import { TRAPS } from './traps.ts'

/** A row of the wire reference and the tests that hold it. */
export interface Row {
  readonly row: string
  readonly claim: string
  /** Files as seen from this folder, or why there is nothing to test. */
  readonly held: readonly string[] | string
}

/** Rows that tests outside of this folder hold: file, `describe`, then row and `it`. */
const TESTS: readonly (readonly [
  file: string,
  describe: string,
  its: readonly (readonly [row: string, it: string])[],
])[] = [
  [
    'integration/docker-provider-probes.test.ts',
    'annotated probes on Docker',
    [
      [
        '12.2',
        'annotated probes on Docker of readiness take a replica out of service, for longer than a start may take, and back',
      ],
      [
        '12.2',
        'annotated probes on Docker of health have a replica replaced, while readiness has nothing against it',
      ],
      [
        '12.2',
        'annotated probes on Docker wait for the start of the container once: a restarted daemon finds it ready at once',
      ],
    ],
  ],
  [
    'unit/probe-plan.test.ts',
    'the probes of a function',
    [
      ['12.2', 'the probes of a function go on at the annotated path of readiness'],
      [
        '12.2',
        'the probes of a function include liveness at the annotated path of health, which then ends the start too',
      ],
      ['12.2', 'the probes of a function ask at the usual path when only times are annotated'],
      [
        '12.3',
        'the probes of a function without annotations end with its start, at the path of its watchdog',
      ],
    ],
  ],
  [
    'integration/call-path-headers.test.ts',
    'headers to the function',
    [
      ['7.2', 'headers to the function gain a call id, a start time, the peer, the host and a user agent'],
      ['7.2', 'headers to the function keep what the client says of itself'],
      ['7.2', 'headers to the function take an empty call id for none'],
      ['7.4', 'headers to the function pass raw, in order, with repeats and case'],
      ['7.4', 'headers to the function leave out those of the connection, and what Connection names'],
    ],
  ],
  [
    'integration/call-path-trust.test.ts',
    'a function',
    [
      ['7.2', 'cannot replace what the gateway says of a call'],
      ['7.5', 'speaks for itself only, in its head, in a hint before it and in trailers behind it'],
    ],
  ],
  [
    'integration/call-path-headers.test.ts',
    'headers of an answer',
    [
      ['7.5', 'headers of an answer pass raw, with repeats, without those of the connection'],
      ['7.5', 'reflect the type of the request, or say text, where the function says none'],
      ['7.5', 'headers of an answer include redirects and packed bodies as they are'],
      ['7.5', 'headers of an answer carry trailers behind a body of unknown length'],
      ['7.6', 'headers of an answer of a failure say whose it is'],
    ],
  ],
  [
    'integration/call-path-generated.test.ts',
    'generated targets',
    [
      [
        '7.3',
        'generated targets of every byte that a request target may have reach the function as they are',
      ],
    ],
  ],
  [
    'integration/call-path-streams.test.ts',
    'bodies',
    [
      ['7.4', 'bodies keep their length when the client gave one, and are chunked when it did not'],
      ['7.4', 'bodies of a gibibyte go up and down without being kept'],
      ['7.5', 'bodies reach the client chunk by chunk, as events do'],
      ['7.5', 'bodies of known length go out as they come too'],
    ],
  ],
  [
    'integration/call-path-wake.test.ts',
    'a function without a ready replica',
    [
      ['7.4', 'tells the client to send its body only when a replica is there'],
      ['8', 'a function without a ready replica is woken once for many calls, which all get their answers'],
      ['8', 'fails its calls with 503, the reason and a time to come back, when none comes in time'],
      ['8', 'a function without a ready replica has room for a thousand calls, and 429 for more'],
    ],
  ],
  [
    'integration/call-path-upgrade.test.ts',
    'an upgrade',
    [
      ['7.5', 'carries a megabyte and back, and bytes that came with either head'],
      ['7.5', 'an upgrade that the function does not want is answered as any call'],
    ],
  ],
  [
    'integration/call-path-limits.test.ts',
    'limits of time',
    [
      ['7.6', 'limits of time end in 504 when the function does not begin to answer'],
      ['7.6', 'limits of time end in 504 when nothing was sent within the time for the whole answer'],
      ['7.6', 'limits of time cut an answer that takes longer as a whole'],
    ],
  ],
  [
    'integration/call-path-limits.test.ts',
    'a client that leaves',
    [['7.6', 'before the answer, by closing: the function sees its connection close']],
  ],
  [
    'integration/call-path-broken.test.ts',
    'a function that breaks its answer',
    [
      ['7.6', 'gives 502 for headers without an end'],
      ['7.6', 'resets the connection of a client that can only see its end'],
    ],
  ],
  [
    'integration/call-path-connections.test.ts',
    'a replica that refuses',
    [['7.6', 'makes the call wait for another, and 502 when none comes']],
  ],
  [
    'e2e/first-light.test.ts',
    'the built daemon',
    [
      ['12.3', 'answers a call right after the deploy, without a failing one in between'],
      ['12.3', 'runs an image that carries an upstream classic watchdog unchanged'],
      ['12.3', 'runs an image that carries an upstream watchdog in http mode unchanged'],
      ['12.3', 'removes the containers of an upstream watchdog within its grace period'],
    ],
  ],
  [
    'integration/docker-provider.test.ts',
    'the Docker provider',
    [['12.3', 'updates without a gap in the ready set, and lets calls on the old replica end']],
  ],
  ['unit/app.test.ts', 'health', [['6.11', 'the health answer says why the daemon is not well']]],
  [
    'unit/function-routes.test.ts',
    'deploying by POST',
    [['1.4', 'refuses bytes that are not UTF-8, deep nesting and a huge body']],
  ],
  [
    'unit/function-status.test.ts',
    'reading functions',
    [['4.3', 'adds faas_function only when the option is on']],
  ],
  [
    'unit/config.test.ts',
    'readConfig',
    [['13', 'a configuration has the limits of time of a gateway of OpenFaaS when nothing is set']],
  ],
  [
    'e2e/generated-requests.test.ts',
    'requests generated from the OpenAPI description',
    [
      ['ours', 'requests generated from the OpenAPI description do no harm'],
      ['ours', 'requests generated from the OpenAPI description reach every operation and every check'],
    ],
  ],
  [
    'e2e/resources.test.ts',
    'the resources of a real function',
    [
      ['12.4', 'the resources of a real function show what it uses, and are held to the limit of processors'],
      [
        '12.4',
        'the resources of a real function end a function that takes more memory than it may; it comes back, and the log says why',
      ],
    ],
  ],
  [
    'unit/generated-quantities.test.ts',
    'generated quantities',
    [['12.4', 'generated quantities with one character too many are refused, naming the field']],
  ],
]

/** Throws unless each of them is there, by its name. */
export function testsElsewhere(): readonly Row[] {
  return TESTS.flatMap(([file, describe, its]) => {
    for (const name of [describe, ...its.map(([, it]) => it)]) checkTest(file, name)
    return its.map(([row, it]) => ({
      row,
      claim: it.startsWith(describe) ? it : `${describe}: ${it}`,
      held: [`../${file}`],
    }))
  })
}

/** The traps, likewise. */
export function traps(): readonly Row[] {
  return TRAPS.map(({ row, trap, held }) => {
    if (typeof held === 'string') return { row, claim: `trap: ${trap}`, held }
    for (const [file, name] of held) checkTest(file, name)
    const files = held.map(([file]) => file.replace(/^conformance\//, '').replace(/^(?=\w+\/)/, '../'))
    return { row, claim: `trap: ${trap}`, held: [...new Set(files)] }
  })
}

/** Throws unless `file`, below `test/`, has a test whose name is or begins with `name`. */
function checkTest(file: string, name: string): void {
  const source = readFileSync(`test/${file}`, 'utf8')
  if (["'", '"', '`'].some((quote) => source.includes(`(${quote}${name}`))) return
  throw new Error(`test/${file} has nothing of the name '${name}'`)
}
