import type { QueuedCall, QueuedCallQuery } from '../../../core/calls/queued-call.ts'
import type { DeadLetterFilter, DeadLetterReport, KeptBody } from '../../../core/calls/queue-report.ts'
import { shortened } from '../../../core/quoted.ts'
import {
  deadLetterAnswer,
  deadLettersAnswer,
  removedAnswer,
  replayedAnswer,
  type DeadLetters,
} from '../../../wire/async-answers.ts'
import { callAnswer, letterAnswer } from '../../bodies/async-answers.ts'
import type { ApiContext } from '../../shared/api-context.ts'
import { download } from './download.ts'
import { FILTER_QUERY, letterFilter, LETTERS_QUERY, lettersQuery, pageIn } from './queue-query.ts'
import { accepted, empty, json } from '../responses.ts'
import type { Route } from '../route.ts'

/** Calls that were given up. What takes an id throws `not-found`, and `unavailable` while they cannot be had. */
export interface DeadLetterControl {
  /** Newest first. */
  list(query: QueuedCallQuery): readonly QueuedCall[]
  inspect(id: string): Promise<DeadLetterReport>
  body(id: string): Promise<KeptBody>
  /** Answers the call id. Throws `conflict` while somebody else does it. */
  replay(id: string): Promise<string>
  remove(id: string): Promise<void>
  /** Answers how many. */
  each(filter: DeadLetterFilter, action: 'replay' | 'remove'): Promise<number>
}

type Use = (c: ApiContext, letters: DeadLetterControl) => Response | Promise<Response>
/** Makes a handler of what needs them. */
type With = (use: Use) => Route['handle']

const PATH = '/system/async/dead-letters'

/** As the ids are made: `replay` is none. */
const LETTER = `${PATH}/:id{[0-9A-Z]+}`

const UNKNOWN = { 404: 'No such dead letter' } as const

/** `/system/async/dead-letters` (async-scaling 1.10.10). */
export function deadLetterRoutes(withLetters: With): readonly Route[] {
  return [...readingRoutes(withLetters), ...changingOne(withLetters), ...changingMany(withLetters)]
}

function readingRoutes(withLetters: With): readonly Route[] {
  return [
    {
      method: 'GET',
      path: PATH,
      access: 'admin',
      summary: 'Calls that were given up, the newest first',
      query: LETTERS_QUERY,
      answers: { 200: 'A page', 400: 'A parameter is wrong' },
      result: deadLettersAnswer,
      handle: withLetters((c, letters) => json(list(c, letters))),
    },
    {
      method: 'GET',
      path: LETTER,
      access: 'admin',
      summary: 'A call that was given up: why, its executions, the beginning of the last answer',
      answers: { 200: 'DeadLetter', ...UNKNOWN },
      result: deadLetterAnswer,
      handle: withLetters(async (c, letters) => json(letterAnswer(await letters.inspect(idIn(c))))),
    },
    {
      method: 'GET',
      path: `${LETTER}/body`,
      access: 'admin',
      summary: 'The body that the call was to bring to its function',
      answers: { 200: 'The bytes', 404: 'No such dead letter, or its body is lost' },
      handle: withLetters(async (c, letters) => download(await letters.body(idIn(c)))),
    },
  ]
}

function changingOne(withLetters: With): readonly Route[] {
  return [
    {
      method: 'POST',
      path: `${LETTER}/replay`,
      access: 'admin',
      summary: 'Have it made again, as a new call with the same call id',
      answers: { 202: 'It is queued', ...UNKNOWN, 409: 'Somebody else replays it' },
      handle: withLetters(async (c, letters) => {
        const callId = await letters.replay(idIn(c))
        return empty(202, { Location: `/system/async/calls/${encodeURIComponent(callId)}` })
      }),
    },
    {
      method: 'DELETE',
      path: LETTER,
      access: 'admin',
      summary: 'Remove it for good, with its body',
      answers: { 202: 'Removed', ...UNKNOWN },
      handle: withLetters(async (c, letters) => {
        await letters.remove(idIn(c))
        return accepted()
      }),
    },
  ]
}

function changingMany(withLetters: With): readonly Route[] {
  const answers = { 200: 'How many', 400: 'A parameter is wrong' }
  return [
    {
      method: 'POST',
      path: `${PATH}/replay`,
      access: 'admin',
      summary: 'Have all that match made again; without parameters, all',
      query: FILTER_QUERY,
      answers,
      result: replayedAnswer,
      handle: withLetters(async (c, letters) =>
        json({ replayed: await letters.each(letterFilter(c), 'replay') }),
      ),
    },
    {
      method: 'DELETE',
      path: PATH,
      access: 'admin',
      summary: 'Remove all that match for good; without parameters, all',
      query: FILTER_QUERY,
      answers,
      result: removedAnswer,
      handle: withLetters(async (c, letters) =>
        json({ removed: await letters.each(letterFilter(c), 'remove') }),
      ),
    },
  ]
}

function list(c: ApiContext, letters: DeadLetterControl): DeadLetters {
  const query = lettersQuery(c)
  // One more says whether there is another page.
  const { page, ...next } = pageIn(letters.list({ ...query, limit: query.limit + 1 }), query.limit)
  return { deadLetters: page.map(callAnswer), ...next }
}

function idIn(c: ApiContext): string {
  const id = c.req.param('id') ?? ''
  c.set('subject', shortened(id))
  return id
}
