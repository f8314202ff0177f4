import * as v from 'valibot'

/** `POST /ui/session`: the login of the API, typed into the web page. */
export const signInRequest = v.object({ user: v.string(), password: v.string() })

/** Its answer. The token is sent as the header `Sampan-Session`; times are milliseconds since the epoch. */
export const signInAnswer = v.object({
  token: v.string(),
  user: v.string(),
  expiresAt: v.number(),
  /** The session ends when it is not used for so long. */
  idleSeconds: v.number(),
})

/** `GET /ui/session`: who is signed in. */
export const sessionAnswer = v.object({ user: v.string(), expiresAt: v.number() })
