import assert from 'node:assert/strict'
import { testImage, type TestImage } from '../fixtures/images.ts'
import type { DaemonProcess, Deployment } from './daemon-process.ts'

/** Deploys a function that runs the body of each call as a shell script. */
export async function deployShell(
  daemon: DaemonProcess,
  fields: Partial<Deployment> & Pick<Deployment, 'service'>,
  image: TestImage = 'plain',
): Promise<void> {
  await daemon.deploy({ image: await testImage(image), envProcess: 'sh', ...fields })
}

/** What `script` printed inside the function. It must end with status 0. */
export async function shell(daemon: DaemonProcess, fn: string, script: string): Promise<string> {
  const answer = await daemon.call(fn, { method: 'POST', body: script })
  const text = await answer.text()
  assert.equal(answer.status, 200, `${script} in ${fn}: ${text}`)
  return text
}
