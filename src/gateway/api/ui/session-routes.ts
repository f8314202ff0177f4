import { sessionAnswer, signInAnswer, signInRequest } from '../../../wire/session-bodies.ts'
import { readJson } from '../../bodies/json-body.ts'
import type { BasicAuth } from '../../login/auth.ts'
import type { SessionTable } from '../../login/session-table.ts'
import type { ApiContext } from '../../shared/api-context.ts'
import type { RouteDescription } from '../../shared/route-description.ts'
import { addressOf, endOf } from '../client.ts'
import { json } from '../responses.ts'
import type { Route } from '../route.ts'
import { tokenOf } from './session-door.ts'

export interface SessionRoutePorts {
  readonly auth: BasicAuth
  readonly sessions: SessionTable
}

const SIGN_IN = {
  method: 'POST',
  path: '/ui/session',
  listener: 'ui',
  access: 'public',
  isAudited: true,
  summary: 'Sign in at the web page with the credentials of the API',
  body: signInRequest,
  answers: {
    200: 'The session',
    401: 'Wrong user or password; after several, late',
    403: 'The request is of another origin',
    429: 'Too many wrong passwords from this address: this one was not looked at',
  },
  result: signInAnswer,
} as const

const WHO = {
  method: 'GET',
  path: '/ui/session',
  listener: 'ui',
  access: 'admin',
  summary: 'Who is signed in',
  answers: { 200: 'The session' },
  result: sessionAnswer,
} as const

const SIGN_OUT = {
  method: 'DELETE',
  path: '/ui/session',
  listener: 'ui',
  access: 'admin',
  summary: 'Sign out',
  answers: { 204: 'This session has ended' },
} as const

const SIGN_OUT_ALL = {
  method: 'DELETE',
  path: '/ui/sessions',
  listener: 'ui',
  access: 'admin',
  summary: 'Sign out everywhere',
  answers: { 204: 'All sessions have ended' },
} as const

/** The same for the description of the API, which is read at the other listener. */
export const sessionDescriptions: readonly RouteDescription[] = [SIGN_IN, WHO, SIGN_OUT, SIGN_OUT_ALL]

/** `/ui/session` and `/ui/sessions`. Not of OpenFaaS. */
export function sessionRoutes({ auth, sessions }: SessionRoutePorts): readonly Route[] {
  return [
    { ...SIGN_IN, handle: (c) => signIn(c, { auth, sessions }) },
    {
      ...WHO,
      handle: (c) => {
        const found = sessions.find(tokenOf(c), false)
        return json({ user: found?.user ?? '', expiresAt: found?.expiresAtMs ?? 0 })
      },
    },
    {
      ...SIGN_OUT,
      handle: (c) => {
        sessions.end(tokenOf(c))
        return new Response(null, { status: 204 })
      },
    },
    {
      ...SIGN_OUT_ALL,
      handle: () => {
        sessions.endAll()
        return new Response(null, { status: 204 })
      },
    },
  ]
}

async function signIn(c: ApiContext, { auth, sessions }: SessionRoutePorts): Promise<Response> {
  const { value: guess } = await readJson(c, signInRequest)
  const end = endOf(c)
  try {
    const attempt = {
      address: addressOf(c),
      forwardedFor: c.req.header('x-forwarded-for'),
      signal: end.signal,
    }
    if (!(await auth.check(guess, attempt)))
      return Response.json({ error: 'wrong user or password' }, { status: 401 })
  } finally {
    end.abort()
  }
  c.set('user', guess.user)
  const { token, user, expiresAtMs } = sessions.begin(guess.user)
  return json({ token, user, expiresAt: expiresAtMs, idleSeconds: sessions.idleSeconds })
}
