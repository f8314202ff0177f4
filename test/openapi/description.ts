import assert from 'node:assert/strict'

// A server's own /openapi.json, as something to hold its answers against.

export interface Schema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly pattern?: string
  readonly enum?: readonly unknown[]
}

export interface Parameter {
  readonly name: string
  readonly in: string
  readonly schema?: Schema
}

export interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}

/** One method of one path, as it is written. */
export interface OperationText {
  readonly parameters: readonly Parameter[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
  readonly servers?: readonly { readonly url: string }[]
}

export type Paths = Readonly<Record<string, Readonly<Record<string, OperationText>>>>
export type Listener = 'api' | 'metrics'

export interface Operation extends OperationText {
  readonly method: string
  readonly path: string
  /** Which listeners answer it. */
  readonly listeners: readonly Listener[]
}

export interface Asked {
  readonly method: string
  readonly target: string
  readonly listener?: Listener
}

export interface Answered {
  readonly status: number
  /** Whether the gateway says that the failure is its own. */
  readonly isOurs: boolean
}

/** Methods that OpenAPI can name. A path with all of them takes any. */
const NAMEABLE = 8

/** What may answer any request, before routing: it is no request that a route could serve. */
const BROKEN = [400, 408, 413, 431]

export class Description {
  readonly paths: Paths
  readonly operations: readonly Operation[]
  readonly #patterns: ReadonlyMap<string, RegExp>

  private constructor(paths: Paths) {
    this.paths = paths
    this.operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, text]) => {
        return { ...text, method: method.toUpperCase(), path, listeners: listenersOf(text) }
      }),
    )
    this.#patterns = new Map(this.operations.map((operation) => [operation.path, patternOf(operation)]))
  }

  /** Null when `text` is no description, as from a server that has none. */
  static read(text: string): Description | null {
    try {
      const { openapi, paths } = JSON.parse(text) as { readonly openapi?: string; readonly paths?: Paths }
      return openapi === undefined || paths === undefined ? null : new Description(paths)
    } catch {
      return null
    }
  }

  /** The path of the description that `target` is one of; literal ones before templates. */
  pathOf({ target, listener = 'api' }: Asked): string | undefined {
    const [path = ''] = target.split('?', 1)
    const has = (each: Operation): boolean => each.listeners.includes(listener)
    const found = this.operations.filter((each) => has(each) && this.#patterns.get(each.path)?.test(path))
    return (found.find((each) => each.path === path) ?? found[0])?.path
  }

  find(asked: Asked): Operation | undefined {
    const path = this.pathOf(asked)
    const { method, listener = 'api' } = asked
    const own = this.operations.filter((each) => each.path === path && each.listeners.includes(listener))
    const isAny = own.length === NAMEABLE
    return own.find((each) => each.method === method) ?? (isAny ? own[0] : undefined)
  }

  /** What the description has against this answer; null when nothing. Paths that it does not have are not its business. */
  objection(asked: Asked, { status, isOurs }: Answered): string | null {
    const operation = this.find(asked)
    if (operation === undefined) {
      // A call by a method that no function gets is 404 where there is no function.
      const isRefused = [405, ...BROKEN].includes(status) || (status === 404 && isOurs)
      if (this.pathOf(asked) === undefined || isRefused) return null
    } else if (Object.hasOwn(operation.responses, status)) return null
    else if (Object.hasOwn(operation.responses, 'default') && !isOurs) return null
    const listed = operation === undefined ? '405' : Object.keys(operation.responses).join(' ')
    return `${asked.method} ${asked.target.slice(0, 200)} was answered with ${status}, described: ${listed}`
  }
}

/** The description that `url` serves; fails when it has none. */
export async function fetchDescription(url: string): Promise<Description> {
  const description = Description.read(await (await fetch(`${url}/openapi.json`)).text())
  assert.ok(description, `${url}/openapi.json is an OpenAPI description`)
  return description
}

function listenersOf({ servers }: OperationText): readonly Listener[] {
  if (servers === undefined) return ['api']
  return servers.map(({ url }) => (url === '/' ? 'api' : 'metrics'))
}

function patternOf({ path, parameters }: Operation): RegExp {
  const parts = path.split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name === undefined) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    const pattern = parameters.find((each) => each.in === 'path' && each.name === name)?.schema?.pattern
    return `(?:${pattern?.replaceAll(/^\^|\$$/g, '') ?? '[^/]+'})`
  })
  return new RegExp(`^${parts.join('')}$`, 's')
}
