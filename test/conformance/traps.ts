/** Section 18 of the wire reference: a trap. Tests that hold it have its row in their titles. */
export interface Trap {
  readonly row: string
  readonly trap: string
  /** Why no test holds it. */
  readonly untested?: string
}

const TEXTS: readonly (readonly [row: string, trap: string, untested?: string])[] = [
  ['18.1.1', 'PUT comes first, POST on 404'],
  ['18.1.2', 'no 201 on deploy, no 204 on removal'],
  ['18.1.3', 'the suffix with the namespace is part of invocation paths'],
  ['18.1.4', 'DELETE has a body; the namespace is in it or in the query'],
  ['18.1.5', 'content types refuse nothing, calls are not parsed'],
  ['18.1.6', 'keys in any case, unknown ones harmless, wrong types 400'],
  ['18.1.7', 'labels and annotations always, other fields when given'],
  ['18.1.8', 'image, limits and requests come back as the very strings'],
  ['18.1.9', 'a CLI without login sends an empty Bearer token'],
  ['18.1.10', '401 is of another realm than that of IAM'],
  ['18.1.11', 'routing comes before authentication'],
  ['18.1.12', 'X-OpenFaaS-Internal is on errors of the platform only'],
  ['18.1.13', 'provider is never null'],
  ['18.1.14', 'a removed name is free at once'],
  ['18.1.15', 'a deploy is answered within 30 s'],
  ['18.2.1', 'the label faas_function is an option'],
  ['18.2.2', 'envVars has what the user gave, and is absent without'],
  ['18.2.3', 'where the OpenAPI file of OpenFaaS and clients disagree, the clients are right'],
  ['18.3.1', 'a list needs no Prometheus'],
  ['18.3.2', 'paths with %, %2F or // arrive as they are'],
  ['18.3.3', 'event streams that fail say so'],
  ['18.3.4', 'small chunks are not held back'],
  ['18.3.5', 'logs have their content type, and errors their status'],
  ['18.3.6', 'a wake-up has an end'],
  ['18.3.7', 'no scale.factor makes calls 404'],
  ['18.3.8', 'an ended alert wakes nothing'],
  ['18.3.9', 'an update that fails is not a 200'],
  ['18.3.10', 'the faults of faasd: namespaces ignored, values overwritten or cut, fprocess mangled'],
  ['18.3.11', 'the faults of the queue worker'],
  ['18.3.12', 'an oversized body for the queue is no 500'],
  ['18.4.1', 'headers up to a megabyte'],
  ['18.4.2', 'idle connections live longer than 90 s, slow uploads are not cut'],
  ['18.4.3', 'headers pass as a raw list'],
  ['18.4.4', 'no URL parser decides about a call'],
  ['18.4.5', 'nothing follows redirects, unpacks, or asks for packing'],
  ['18.4.6', 'framing is made anew; HEAD, 204 and 304 have no body'],
  ['18.4.7', 'who breaks off is seen on the other side'],
  ['18.4.8', 'nanoseconds have all their digits'],
  ['18.4.9', 'memory limits below the least of Docker'],
  ['18.4.10', 'log frames are no lines; long lines are whole; replicas are merged by time'],
  ['18.4.11', 'a container that runs is not ready'],
  ['18.4.12', 'secrets are exact, read-only, for any user, and change in place'],
  ['18.4.13', 'a read-only root has a /tmp'],
  ['18.4.14', 'functions reach the host gateway'],
  ['18.4.15', 'several replicas on one host'],
  ['18.4.16', 'buckets and names of metrics are exact'],
  ['18.5.1', 'timeouts of the gateway are 60 s'],
  [
    '18.5.2',
    'direct_functions is not read',
    'not applicable: calls go to replicas in any case, and there is no such setting',
  ],
  ['18.5.3', 'the default factor is 10'],
  ['18.5.4', 'factor 0 switches scaling off'],
  ['18.5.5', 'namespaces change at /system/namespace/NAME'],
  ['18.5.6', 'headers of a callback'],
  ['18.5.7', 'the largest body for the queue'],
  ['18.5.8', 'gateway_functions_seconds has the label code'],
  ['18.5.9', 'only the execution of a queued call is counted'],
  ['18.5.10', 'X-Call-Id is on every answer to a call'],
]

export const TRAPS: readonly Trap[] = TEXTS.map(([row, trap, untested]) =>
  untested === undefined ? { row, trap } : { row, trap, untested },
)
