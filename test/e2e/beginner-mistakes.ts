// How each mistake of docs/troubleshooting.md is made. What is seen then stands in that document.

import { eventually } from '../fakes/eventually.ts'
import { docker, HTTPD, makeImage, plainImage } from '../fixtures/docker-cli.ts'
import { testImage } from '../fixtures/images.ts'
import type { DaemonProcess } from './daemon-process.ts'

/** A deployment with a mistake in it, as a client sends it. */
export type Slip = Readonly<Record<string, unknown>>

export interface Case {
  /** The function's name in the document. */
  readonly name: string
  readonly slip: () => Promise<Slip>
  /** The body of the call. */
  readonly body?: string
  /** What is called, instead of the function. */
  readonly call?: string
  /** Sent instead of the right one. */
  readonly authorization?: string
  /** The mistake comes later: after the function was deployed. */
  readonly later?: (daemon: DaemonProcess, name: string) => Promise<void>
  /** The call is answered only when a long limit is over: that is not waited for. */
  readonly isSilent?: true
}

const fn = async (): Promise<Slip> => ({ image: await testImage('fn') })

function withFields(fields: Slip): Case['slip'] {
  return async () => ({ ...(await fn()), ...fields })
}

/** An image of a shell and a web server, with this command. */
function server(image: string, ...changes: readonly string[]): Case['slip'] {
  return async () => ({ image: await plainImage(`slip-${image}`, 'ENV PATH=/bin', ...changes) })
}

/** A process behind the watchdog that is brought along. */
function behindWatchdog(envProcess: string, fields: Slip = {}): Case['slip'] {
  return async () => ({ image: await testImage('plain'), envProcess, ...fields })
}

const GONE = '127.0.0.1:1/me/gone:latest'

/** As `docker image prune -a` does while it sleeps. */
async function removeImage(daemon: DaemonProcess, name: string): Promise<void> {
  const scale = (replicas: number): Promise<void> =>
    daemon.must('POST', `/system/scale-function/${name}`, { serviceName: name, replicas })
  await daemon.call(name)
  await scale(0)
  // Not before the container that used it is removed.
  await eventually(async () => (await docker('rmi', GONE)) !== '', 20_000, 'the image is removed')
  await scale(1)
}

/** Those that were made for this file alone, when no container uses them any more. */
export async function removeImages(): Promise<void> {
  const names = await docker('images', '--format', '{{.Repository}}:{{.Tag}}', 'sampan-test/slip-*')
  if (names !== '') await docker('rmi', ...names.split('\n'))
}

/** By the title of the section. */
export const CASES: Readonly<Record<string, Case>> = {
  'A name with capital letters or an underscore': { name: 'My_Function', slip: fn },
  'The image name is mistyped, or its registry cannot be reached': {
    name: 'typo',
    slip: async () => ({ image: '127.0.0.1:1/me/helo:latest' }),
  },
  'The image has no command': { name: 'empty', slip: server('empty') },
  'A secret that does not exist': { name: 'shop', slip: withFields({ secrets: ['db-pasword'] }) },
  'Memory as Docker spells it': { name: 'shop', slip: withFields({ limits: { memory: '64m' } }) },
  'A unit that does not exist': { name: 'shop', slip: withFields({ limits: { memory: '128MB' } }) },
  'Processor time without a unit': { name: 'shop', slip: withFields({ limits: { cpu: '500' } }) },
  'A variable that is too large': {
    name: 'shop',
    slip: withFields({ envVars: { MODEL: 'x'.repeat(128 * 1024) } }),
  },
  'A namespace that does not exist': { name: 'shop', slip: withFields({ namespace: 'stagging' }) },
  'A wrong password': {
    name: 'shop',
    slip: fn,
    authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}`,
  },
  'A field that has no effect here': {
    name: 'placed',
    slip: withFields({ constraints: ['node.platform.os == linux'] }),
  },
  'It listens on another port': { name: 'web', slip: server('port', 'CMD ["httpd", "-f", "-p", "3000"]') },
  'It listens on 127.0.0.1': {
    name: 'flask',
    slip: server('lo', 'CMD ["httpd", "-f", "-p", "127.0.0.1:8080"]'),
  },
  'It never listens': { name: 'batch', slip: server('sleep', 'CMD ["sleep", "1000"]'), isSilent: true },
  'It does not speak HTTP': { name: 'socket', slip: async () => ({ image: await testImage('closes') }) },
  'upstream_url names another port than the process has': {
    name: 'express',
    slip: withFields({
      envProcess: '/fn',
      envVars: { mode: 'http', upstream_url: 'http://127.0.0.1:5000', FN_LISTEN: '127.0.0.1:3000' },
    }),
  },
  'The path of its readiness is wrong': {
    name: 'checked',
    slip: withFields({ annotations: { 'com.openfaas.ready.http.path': '/status/404' } }),
  },
  'It crashes at its start': {
    name: 'orders',
    slip: server('crash', `CMD ["sh", "-c", "echo KeyError: DB_URL >&2; exit 1"]`),
  },
  'It ends by itself': { name: 'script', slip: server('ends', 'CMD ["true"]') },
  'It crashes after a while': {
    name: 'stock',
    slip: server('later', 'CMD ["sh", "-c", "httpd -p 8080; sleep 2; echo lost the database >&2; exit 3"]'),
  },
  'Its command is not in the image': { name: 'train', slip: server('typo', 'CMD ["pyhton3", "serve.py"]') },
  'fprocess is mistyped': { name: 'resize', slip: behindWatchdog('pyhton3 handler.py') },
  'Its interpreter or a library is missing': {
    name: 'report',
    slip: async () => ({ image: await testImage('no-interpreter'), envProcess: '/handler.py' }),
  },
  'It is built for another processor': {
    name: 'apple',
    slip: async () => ({ image: await testImage('foreign') }),
  },
  'It needs more memory than it may have': {
    name: 'model',
    slip: async () => ({
      ...(await server('hungry', 'CMD ["sh", "-c", "tail /dev/zero"]')()),
      limits: { memory: '16Mi' },
    }),
  },
  'It writes to a read-only file system': {
    name: 'cache',
    slip: async () => ({
      ...(await server('writes', 'CMD ["sh", "-c", "touch /cache.db && exec httpd -f -p 8080"]')()),
      readOnlyRootFilesystem: true,
    }),
  },
  'The user of the image does not exist': {
    name: 'signup',
    slip: server('user', 'CMD ["httpd", "-f", "-p", "8080"]', 'USER app'),
  },
  'Its image was removed from the host': {
    name: 'gone',
    slip: async () => {
      await makeImage(GONE, HTTPD)
      return { image: GONE }
    },
    later: removeImage,
  },
  'A function that does not exist': { name: 'placed-too', slip: fn, call: 'plased' },
  'Another namespace than it was deployed to': {
    name: 'placed-there',
    slip: fn,
    call: 'placed-there.staging',
  },
  'The handler takes longer than it may': {
    name: 'render',
    slip: behindWatchdog('sleep 20', { envVars: { exec_timeout: '1s' } }),
  },
  'The body is larger than it may be': {
    name: 'upload',
    slip: behindWatchdog('wc -c', { envVars: { max_request_body: '1000' } }),
    body: 'x'.repeat(2_000),
  },
  'The handler fails': { name: 'import', slip: behindWatchdog('ls /nowhere') },
  'The handler may not do what it wants': {
    name: 'export',
    slip: async () => ({ image: await testImage('plain-user'), envProcess: 'sh -c ls>/export.csv' }),
  },
  'One call needs more memory than there is': {
    name: 'zip',
    slip: behindWatchdog('busybox tail /dev/zero', { limits: { memory: '16Mi' } }),
  },
  'The handler prints nothing': { name: 'quiet', slip: behindWatchdog('true') },
}
