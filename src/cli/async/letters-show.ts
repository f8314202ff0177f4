import type { Invocation } from '../args/command.ts'
import { writeBody } from '../calls/exchange.ts'
import { presentData } from '../output/present.ts'
import { say } from '../session.ts'
import type { LETTERS_SHOW_FLAGS } from '../table/async.ts'
import { AsyncClient } from './async-client.ts'
import { callPage } from './shown-call.ts'

/** Why a call was given up, or the bytes that it was to bring. */
export async function run(invocation: Invocation<typeof LETTERS_SHOW_FLAGS>): Promise<void> {
  const {
    args: [id = ''],
    flags,
    isGiven,
    session,
  } = invocation
  const client = await AsyncClient.connect(session, { flags, isGiven })
  if (flags.body) return writeBody(session, await client.bodyOf(id))
  const letter = await client.deadLetter(id)
  if (await presentData(session, flags, letter)) return
  const { method, path, bodyBytes, lastAnswer } = letter
  say(session, `Request:  ${method} ${path}, ${bodyBytes} bytes; see them with --body`)
  say(session, callPage(letter))
  if (lastAnswer !== '') say(session, `\nLast answer:\n${lastAnswer}`)
}
