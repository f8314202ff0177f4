import { readFileSync } from 'node:fs'
import { jsonText } from './responses.ts'
import type { Route } from './route.ts'

/** `store/` of this package. */
const FOLDER = new URL('../../../../store/', import.meta.url)

/**
 * The lists that come with this program, in the formats of faas-cli: `OPENFAAS_STORE` and `OPENFAAS_TEMPLATE_STORE_URL` may
 * name these addresses where the usual ones cannot be reached. Public, because faas-cli sends no credentials there.
 */
export function storeRoutes(): readonly Route[] {
  const lists = new Lists()
  return [
    {
      method: 'GET',
      path: '/store/functions.json',
      access: 'public',
      head: true,
      summary: 'Functions that can be deployed as they are, as OPENFAAS_STORE of faas-cli has them',
      answers: { 200: 'The list' },
      handle: () => jsonText(lists.textOf('functions.json')),
    },
    {
      method: 'GET',
      path: '/store/templates.json',
      access: 'public',
      head: true,
      summary: 'Templates of functions, as OPENFAAS_TEMPLATE_STORE_URL of faas-cli has them',
      answers: { 200: 'The list' },
      handle: () => jsonText(lists.textOf('templates.json')),
    },
  ]
}

/** A few KiB each, read once: whoever asks often has no work done for it. */
class Lists {
  readonly #read = new Map<string, string>()

  textOf(name: string): string {
    const known = this.#read.get(name)
    if (known !== undefined) return known
    const text = JSON.stringify(JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')))
    this.#read.set(name, text)
    return text
  }
}
