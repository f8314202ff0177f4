/** Section 18 of the wire reference: each trap, and what shows that we are not in it. */
export interface Trap {
  readonly row: string
  readonly trap: string
  /** Tests by file, below `test/`, and name or the beginning of it; or why there is nothing to test. */
  readonly held: readonly (readonly [file: string, name: string])[] | string
}

const NO_QUEUE = 'not applicable yet: there is no queue'

const trap = (row: string, text: string, held: Trap['held']): Trap => {
  return { row, trap: text, held }
}
const suite = (file: string, name: string): readonly [string, string] => [`conformance/${file}.test.ts`, name]
const integration = (file: string, name: string): readonly [string, string] => [
  `integration/${file}.test.ts`,
  name,
]
const unit = (file: string, name: string): readonly [string, string] => [`unit/${file}.test.ts`, name]
const e2e = (file: string, name: string): readonly [string, string] => [`e2e/${file}.test.ts`, name]

const PROTOCOL: readonly Trap[] = [
  trap('18.1.1', 'PUT comes first, POST on 404', [
    suite('functions', '6.3: an update of an unknown function is 404'),
    suite('clients', '16.1: deploy is PUT, and POST after a 404'),
  ]),
  trap('18.1.2', 'no 201 on deploy, no 204 on removal', [
    suite('functions', '6.2: a deploy is 202 with an empty body'),
    suite('secrets', '6.8: creating is 202'),
  ]),
  trap('18.1.3', 'the suffix with the namespace is part of invocation paths', [
    suite('invoke', '3: the name may carry its namespace'),
    suite('namespaces', '3: system routes understand a suffix too'),
  ]),
  trap('18.1.4', 'DELETE has a body; the namespace is in it or in the query', [
    suite('namespaces', '3: each mutating route takes the namespace from body or query'),
  ]),
  trap('18.1.5', 'content types refuse nothing, calls are not parsed', [
    suite('http', '1.4: the content type of a body does not matter'),
    integration('call-path-streams', 'bodies of a gibibyte go up and down without being kept'),
  ]),
  trap('18.1.6', 'keys in any case, unknown ones harmless, wrong types 400', [
    suite('http', '1.4: keys match in any case'),
    suite('http', '1.4: a wrong type is 400'),
  ]),
  trap('18.1.7', 'labels and annotations always, other fields when given', [
    suite('functions', '4.3: fields that were not given are absent'),
  ]),
  trap('18.1.8', 'image, limits and requests come back as the very strings', [
    suite('functions', '4.3 and 6.5: a status has what was deployed'),
    suite('functions', '12.4: quantities of Kubernetes'),
  ]),
  trap('18.1.9', 'a CLI without login sends an empty Bearer token', [
    suite('http', '2: no, wrong, malformed and Bearer credentials are 401'),
  ]),
  trap('18.1.10', '401 is of another realm than that of IAM', [
    suite('http', '2: no, wrong, malformed and Bearer credentials are 401'),
  ]),
  trap('18.1.11', 'routing comes before authentication', [
    suite('http', '1.2: a wrong method is 405'),
    suite('http', '1.2: an unknown path is 404'),
  ]),
  trap('18.1.12', 'X-OpenFaaS-Internal is on errors of the platform only', [
    integration('call-path-headers', 'headers of an answer of a failure say whose it is'),
    integration('call-path-trust', 'cannot replace what the gateway says of a call'),
  ]),
  trap('18.1.13', 'provider is never null', [suite('info', '6.7: info has every string')]),
  trap('18.1.14', 'a removed name is free at once', [
    suite('clients', '16.1: deploy --replace is DELETE and POST at once'),
    integration('docker-provider', 'the Docker provider has the name free at once after a removal'),
  ]),
  trap('18.1.15', 'a deploy is answered within 30 s', [
    unit('function-control', 'accepts a deploy whose image takes too long'),
  ]),
]

const CLIENTS: readonly Trap[] = [
  trap('18.2.1', 'the label faas_function is an option', [
    suite('certifier', '17.1: metadata is there at once'),
    suite('clients', '16.1: diff finds what was deployed'),
  ]),
  trap('18.2.2', 'envVars has what the user gave, and is absent without', [
    suite('functions', '4.3: fields that were not given are absent'),
    suite('clients', '16.1: diff finds what was deployed'),
  ]),
  trap('18.2.3', 'where the OpenAPI file of OpenFaaS and clients disagree, the clients are right', [
    suite('description', 'the description of the API has exactly the methods that are answered'),
    suite('secrets', '6.8: creating is 202'),
  ]),
]

const NOT_COPIED: readonly Trap[] = [
  trap('18.3.1', 'a list needs no Prometheus', [
    suite('functions', '4.3: invocationCount counts finished calls'),
  ]),
  trap('18.3.2', 'paths with %, %2F or // arrive as they are', [
    suite('invoke', '7.3: whatever path comes in'),
    integration('call-path-generated', 'generated targets of every byte that a request target may have'),
  ]),
  trap('18.3.3', 'event streams that fail say so', [
    suite('invoke', '7.5: a request for events is answered as any other'),
  ]),
  trap('18.3.4', 'small chunks are not held back', [
    integration('call-path-streams', 'bodies reach the client chunk by chunk'),
  ]),
  trap('18.3.5', 'logs have their content type, and errors their status', [
    suite('logs', '6.10: history is JSON lines'),
    suite('logs', '6.10: no name is 400'),
  ]),
  trap('18.3.6', 'a wake-up has an end', [
    integration('call-path-wake', 'fails its calls with 503, the reason'),
  ]),
  trap('18.3.7', 'no scale.factor makes calls 404', [
    suite('deployment', '12.1: scale.factor is percent of max'),
  ]),
  trap('18.3.8', 'an ended alert wakes nothing', [suite('info', '10: an ended alert does not wake')]),
  trap('18.3.9', 'an update that fails is not a 200', [
    suite('deployment', '6.3: an update that cannot be is 400'),
  ]),
  trap('18.3.10', 'the faults of faasd: namespaces ignored, values overwritten or cut, fprocess mangled', [
    suite('namespaces', '3: each mutating route takes the namespace from body or query'),
    suite('namespaces', '6.9: the default one comes first'),
    suite('secrets', '6.8: creating is 202'),
    suite('functions', '4.3 and 6.5: a status has what was deployed'),
    suite('deployment', '4.1: envVars.fprocess counts before envProcess'),
  ]),
  trap('18.3.11', 'the faults of the queue worker', NO_QUEUE),
  trap('18.3.12', 'an oversized body for the queue is no 500', NO_QUEUE),
]

const NODE_AND_DOCKER: readonly Trap[] = [
  trap('18.4.1', 'headers up to a megabyte', [suite('http', '1.4: sixty kilobytes of headers are fine')]),
  trap('18.4.2', 'idle connections live longer than 90 s, slow uploads are not cut', [
    unit('gateway-server', 'a kept connection is kept longer than the 90 s'),
    unit('gateway-server', 'leaves a slow sender alone as long as bytes come'),
  ]),
  trap('18.4.3', 'headers pass as a raw list', [
    integration('call-path-headers', 'headers to the function pass raw, in order, with repeats and case'),
    integration(
      'call-path-headers',
      'headers of an answer pass raw, with repeats, without those of the connection',
    ),
  ]),
  trap('18.4.4', 'no URL parser decides about a call', [
    integration('call-path-generated', 'generated targets of every byte that a request target may have'),
  ]),
  trap('18.4.5', 'nothing follows redirects, unpacks, or asks for packing', [
    integration('call-path-headers', 'headers of an answer include redirects and packed bodies as they are'),
    integration('call-path-headers', 'headers to the function pass raw, in order, with repeats and case'),
  ]),
  trap('18.4.6', 'framing is made anew; HEAD, 204 and 304 have no body', [
    integration('call-path-headers', 'headers of an answer carry trailers behind a body'),
    integration('call-path-headers', 'headers of an answer go out at once with'),
    integration('call-path-connections', 'serves on after a HEAD'),
  ]),
  trap('18.4.7', 'who breaks off is seen on the other side', [
    integration('call-path-limits', 'before the answer, by closing: the function sees its connection close'),
    integration('call-path-broken', 'resets the connection of a client'),
  ]),
  trap('18.4.8', 'nanoseconds have all their digits', [
    suite('invoke', '7.2: a call gets an id'),
    integration('function-logs', 'logs of real containers have both outputs, exact times'),
  ]),
  trap('18.4.9', 'memory limits below the least of Docker', [
    suite('functions', '4.3 and 6.5: a status has what was deployed'),
    unit('container-spec', 'translates limits and requests, within what Docker takes'),
  ]),
  trap('18.4.10', 'log frames are no lines; long lines are whole; replicas are merged by time', [
    integration('function-logs', 'logs of real containers have long lines whole'),
    unit('function-logs', 'the history of a function is all replicas by time'),
  ]),
  trap('18.4.11', 'a container that runs is not ready', [
    e2e('first-light', 'answers a call right after the deploy'),
    suite('invoke', '8: a call right after a deploy waits'),
  ]),
  trap('18.4.12', 'secrets are exact, read-only, for any user, and change in place', [
    suite('secrets', '6.8: a function reads the exact bytes'),
    e2e('secrets', 'secrets in real containers arrive byte for byte, for a user who is not root'),
    e2e('secrets', 'secrets in real containers reach a running replica when they change'),
  ]),
  trap('18.4.13', 'a read-only root has a /tmp', [suite('deployment', '4.1: a read-only root has a /tmp')]),
  trap('18.4.14', 'functions reach the host gateway', [
    e2e('network', 'let a function call another one through'),
  ]),
  trap('18.4.15', 'several replicas on one host', [
    suite('functions', '6.2: the label scale.min is the first count'),
    integration('docker-provider', 'scales up, down and to zero'),
  ]),
  trap('18.4.16', 'buckets and names of metrics are exact', [suite('metrics', '11.1: the four families')]),
]

const DOCUMENTATION: readonly Trap[] = [
  trap('18.5.1', 'timeouts of the gateway are 60 s', [
    unit('config', 'a configuration has the limits of time of a gateway of OpenFaaS'),
  ]),
  trap(
    '18.5.2',
    'direct_functions is not read',
    'not applicable: calls go to replicas in any case, and there is no such setting',
  ),
  trap('18.5.3', 'the default factor is 10', [suite('deployment', '12.1: scale.factor is percent of max')]),
  trap('18.5.4', 'factor 0 switches scaling off', [
    suite('info', '10: factor 0 and min = max mean no scaling'),
  ]),
  trap('18.5.5', 'namespaces change at /system/namespace/NAME', [
    suite('clients', '16.1: namespace create, get, list, update and remove'),
  ]),
  trap('18.5.6', 'headers of a callback', NO_QUEUE),
  trap('18.5.7', 'the largest body for the queue', NO_QUEUE),
  trap('18.5.8', 'gateway_functions_seconds has the label code', [
    suite('metrics', '11.1: the four families'),
  ]),
  trap('18.5.9', 'only the execution of a queued call is counted', NO_QUEUE),
  trap('18.5.10', 'X-Call-Id is on every answer to a call', [
    suite('invoke', '7.2: an id of the client is kept and echoed'),
    suite('invoke', '7.6: what is no function is 404 with the headers of a call'),
  ]),
]

export const TRAPS: readonly Trap[] = [
  ...PROTOCOL,
  ...CLIENTS,
  ...NOT_COPIED,
  ...NODE_AND_DOCKER,
  ...DOCUMENTATION,
]
