import type { Context } from 'hono'
import type { BodyShare } from './body-budget.ts'

/** What the server passes to the app with each request, and what the app records for metrics and audit. */
export interface ApiEnv {
  Bindings: {
    /** The client's address, without an IPv4-in-IPv6 prefix. */
    readonly remoteAddress?: string
    /** Aborts when the server drains. */
    readonly stopping?: AbortSignal
  }
  Variables: {
    /** Who is logged in. */
    user: string
    /** The function, namespace or secret that the request is about; for the audit line. */
    subject: string
    /** Why the credentials were not checked; for the audit line. */
    refused: 'browser'
    /** What was carried out differently from the request; for the audit line. */
    remarks: readonly string[]
    /** The share of the body budget that this request holds. */
    body: BodyShare
  }
}
export type ApiContext = Context<ApiEnv>
