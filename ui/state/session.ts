import { signal } from '@preact/signals'
import { recall, recallHere, remember, rememberHere } from './storage.ts'

const KEY = 'token'
/** How long a new tab waits for an open one to hand its session over. */
const HANDOVER_MS = 200
/** A user who did nothing for so long does not keep the session alive. */
const ACTIVE_MS = 5 * 60_000

export const token = signal<string | null>(null)
/** True while a sign-in sheet lies over a page whose session ended. */
export const ended = signal(false)
export const user = signal('')

let lastInputMs = 0
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('sampan')
let resumed: (() => void)[] = []

/** The session of before, or of another tab; null leads to the form. */
export async function findSession(): Promise<void> {
  token.value = recallHere(KEY) ?? recall(KEY)
  if (token.value === null && channel !== undefined) await handedOver(channel)
}

function handedOver(tabs: BroadcastChannel): Promise<void> {
  tabs.postMessage({ ask: true })
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, HANDOVER_MS)
    tabs.addEventListener('message', function taken(event: MessageEvent<{ token?: string }>) {
      if (typeof event.data.token !== 'string') return
      tabs.removeEventListener('message', taken)
      clearTimeout(timer)
      begin(event.data.token, false, false)
      resolve()
    })
  })
}

export function listenToTabs(): void {
  channel?.addEventListener(
    'message',
    (event: MessageEvent<{ ask?: boolean; token?: string; out?: boolean }>) => {
      if (event.data.ask === true && token.value !== null) channel.postMessage({ token: token.value })
      else if (event.data.out === true) forget()
      else if (typeof event.data.token === 'string' && ended.value) begin(event.data.token, false, false)
    },
  )
  for (const kind of ['pointerdown', 'keydown', 'wheel'])
    addEventListener(kind, () => (lastInputMs = Date.now()), { passive: true })
  lastInputMs = Date.now()
}

export const isActive = (): boolean => Date.now() - lastInputMs < ACTIVE_MS

/** `stay`: also for the time after the browser was closed. */
export function begin(value: string, stay: boolean, tell = true): void {
  rememberHere(KEY, value)
  if (stay) remember(KEY, value)
  token.value = value
  ended.value = false
  if (tell) channel?.postMessage({ token: value })
  for (const resume of resumed.splice(0)) resume()
}

/** Waits for the user to sign in again; what was asked meanwhile is asked once more then. */
export function whenSignedIn(): Promise<void> {
  ended.value = true
  return new Promise((resolve) => resumed.push(resolve))
}

function forget(): void {
  rememberHere(KEY, null)
  remember(KEY, null)
  token.value = null
  ended.value = false
  resumed = []
}

/** Here and in every other tab. */
export function signedOut(): void {
  forget()
  channel?.postMessage({ out: true })
}
