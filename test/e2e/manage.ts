import assert from 'node:assert/strict'
import { testImage } from '../fixtures/images.ts'
import type { DaemonProcess } from './daemon-process.ts'

/** What an administrator does all day, the engine included: deploys a function, finds it in the list, calls it, and removes it. */
export async function manage(daemon: DaemonProcess, service = 'meanwhile'): Promise<void> {
  await daemon.deploy({ service, image: await testImage('fn') })
  const listed = (await (await daemon.api('GET', '/system/functions')).json()) as { readonly name: string }[]
  assert.ok(
    listed.some(({ name }) => name === service),
    'the list has it',
  )
  const answer = await daemon.call(`${service}/id`)
  assert.equal(answer.status, 200, await answer.text())
  await daemon.remove(service)
}
