import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import type { GatewayAnswer, GatewayClient } from '../gateway/gateway-client.ts'
import { connectProject } from '../gateway/project.ts'
import { note } from '../session.ts'
import type { INVOKE_FLAGS } from '../table/calls.ts'
import { formatDuration } from '../../core/duration.ts'
import { DEFAULT_NAMESPACE } from '../../core/functions/function-name.ts'
import { callBody } from './call-body.ts'
import { canonical, callHeaders, type CallHeaders, signature } from './call-headers.ts'
import { callTarget } from './call-target.ts'
import { exchange, type FunctionCall, showHead, writeBody } from './exchange.ts'
import { functionToken, wantsToken } from './function-token.ts'
import { awaitAnswer, functionStatus } from './kept-answer.ts'
import { repeated } from './repeated.ts'
import { refusedCall } from './refused-call.ts'

type InvokeInvocation = Invocation<typeof INVOKE_FLAGS>

interface Called {
  readonly name: string
  readonly namespace: string
}

/** cli.md 3.10 and 17.2. */
export async function run(invocation: InvokeInvocation): Promise<void> {
  const { flags, isGiven, session } = invocation
  checkFlags(invocation)
  const { gateway, stack } = await connectProject(session, { flags, isGiven })
  const [name = ''] = invocation.args
  const ofStack = stack?.functions.find((one) => one.name === name)?.namespace ?? ''
  const called = { name, namespace: flags.namespace || ofStack || DEFAULT_NAMESPACE }
  const call = await callOf(invocation, called)
  const token = flags.auth ? await functionToken(session, gateway, called) : null
  const ready = token === null ? call : withToken(call, token)
  if (flags.repeat === 1) return once(invocation, { gateway, call: ready, called })
  await repeated(session, flags.repeat, () => once(invocation, { gateway, call: ready, called }))
}

function checkFlags({ flags }: InvokeInvocation): void {
  if ((flags.sign === '') !== (flags.key === ''))
    throw new CliError('signing requires both --sign <header-name> and --key <key-value>')
  if (flags.wait && !flags.async)
    throw new CliError('--wait is about asynchronous calls', {
      hint: 'Say --async, too. A usual call is waited for anyway.',
    })
  if (flags.repeat < 1) throw new CliError('--repeat must be at least 1')
}

async function callOf(
  { flags, isGiven, session }: InvokeInvocation,
  { name, namespace }: Called,
): Promise<FunctionCall> {
  const { method, async: isAsync, query } = flags
  const target = callTarget({ name, namespace, isAsync, query })
  const asked = {
    header: flags.header,
    contentType: flags.json && !isGiven('content-type') ? 'application/json' : flags['content-type'],
    isTypeGiven: isGiven('content-type'),
  }
  const headers: Record<string, readonly string[]> = {
    ...callHeaders(asked, () =>
      note(session, 'WARNING: -H key=value is deprecated, use the form of HTTP: -H "Key: value"'),
    ),
  }
  if (flags.json) headers['Accept'] ??= ['application/json']
  if (flags.wait) headers['X-Async-Store'] = ['1']
  const data = isGiven('data') ? flags.data : null
  const body = await callBody(session, { data, file: flags.file, method })
  if (flags.sign !== '') headers[canonical(flags.sign)] = [signature(body ?? new Uint8Array(), flags.key)]
  return { method, target, headers, body }
}

async function once(
  invocation: InvokeInvocation,
  {
    gateway,
    call,
    called,
  }: { readonly gateway: GatewayClient; readonly call: FunctionCall; readonly called: Called },
): Promise<void> {
  const { flags, session } = invocation
  const signal = flags.timeout > 0 ? session.clock.timeout(flags.timeout) : undefined
  try {
    const answer = await answerTo(invocation, { gateway, call, called, signal })
    if (flags.include) showHead(session, answer)
    if (answer.status < 200 || answer.status > 299) throw await refusedCall(gateway, answer, called)
    if (!flags.async || answer.status !== 202) return await writeBody(session, answer)
    note(session, 'Function submitted asynchronously.')
    answer.body.resume()
    if (!flags.wait) return
    const callId = answer.headers['x-call-id']
    if (typeof callId !== 'string')
      throw new CliError('the gateway gave the call no id, so nobody can ask for its answer')
    const kept = await awaitAnswer(session, gateway, { callId, signal })
    if (flags.include) showHead(session, kept)
    const status = functionStatus(kept)
    if (status < 200 || status > 299) throw await refusedCall(gateway, { ...kept, status }, called)
    await writeBody(session, kept)
  } catch (error) {
    if (signal?.aborted !== true) throw error
    throw new CliError(`no answer within ${formatDuration(flags.timeout)}`, {
      cause: error,
      hint: 'The function goes on. Without --timeout there is no limit here.',
    })
  }
}

async function answerTo(
  { flags, session }: InvokeInvocation,
  asked: {
    readonly gateway: GatewayClient
    readonly call: FunctionCall
    readonly called: Called
    readonly signal: AbortSignal | undefined
  },
): Promise<GatewayAnswer> {
  const { gateway, call, called, signal } = asked
  const answer = await exchange(gateway, call, signal)
  if (flags.auth || !wantsToken(answer)) return answer
  const token = await functionToken(session, gateway, called)
  if (token === null) return answer
  answer.body.resume()
  return exchange(gateway, withToken(call, token), signal)
}

function withToken(call: FunctionCall, token: string): FunctionCall {
  const headers: CallHeaders = { ...call.headers, Authorization: [`Bearer ${token}`] }
  return { ...call, headers }
}
