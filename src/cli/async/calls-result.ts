import type { Invocation } from '../args/command.ts'
import { showHead, writeBody } from '../calls/exchange.ts'
import { awaitAnswer, functionStatus, keptAnswer } from '../calls/kept-answer.ts'
import { CliError } from '../cli-error.ts'
import { note } from '../session.ts'
import type { CALLS_RESULT_FLAGS } from '../table/async.ts'
import { AsyncClient } from './async-client.ts'

/** The kept answer of a call, byte by byte. Status 1 when the function's own says that it failed. */
export async function run(invocation: Invocation<typeof CALLS_RESULT_FLAGS>): Promise<number> {
  const {
    args: [callId = ''],
    flags,
    isGiven,
    session,
  } = invocation
  const { gateway } = await AsyncClient.connect(session, { flags, isGiven })
  const answer = flags.wait
    ? await awaitAnswer(session, gateway, { callId, signal: undefined })
    : await keptAnswer(gateway, callId)
  if (answer === null)
    throw new CliError(`call ${callId} has not ended: there is no answer yet`, {
      hint: 'Wait for it with --wait.',
    })
  if (flags.include) showHead(session, answer)
  const status = functionStatus(answer)
  await writeBody(session, answer)
  if (status >= 200 && status <= 299) return 0
  note(session, `The function answered ${status}.`)
  return 1
}
