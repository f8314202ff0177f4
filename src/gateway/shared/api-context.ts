import type { Context } from 'hono'
import type { BodyShare } from './body-budget.ts'

/** What the server hands to the app with each request, and what the app notes for metrics and audit. */
export interface ApiEnv {
  Bindings: {
    /** Of the client, plain. */
    readonly remoteAddress?: string
    /** Aborts when the server drains. */
    readonly stopping?: AbortSignal
  }
  Variables: {
    /** Who is logged in. */
    user: string
    /** The function, namespace or secret that the request is about; for the audit line. */
    subject: string
    /** Why nobody looked at the credentials; for the audit line. */
    refused: 'browser'
    /** What was taken otherwise than it was asked for; for the audit line. */
    remarks: readonly string[]
    /** What its body holds of the memory for all of them. */
    body: BodyShare
  }
}
export type ApiContext = Context<ApiEnv>
