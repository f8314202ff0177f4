import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FRAME_PAGE, framePolicy, PAGE_POLICY } from './site-headers.ts'

interface SiteFile {
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly tag: string
  /** Made at build time, by content coding. */
  readonly coded: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  readonly isHashed: boolean
  readonly policy: string
}

/** Where the build puts the page: `dist/ui`. */
export const SITE_FOLDER = fileURLToPath(new URL('../../../../ui', import.meta.url))

const INDEX = 'index.html'
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
}
/** Endings of coded copies, best first. */
const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const
/** `app-4F7Q2ABC.js`: its bytes never change. */
const HASHED = /-[A-Za-z0-9_]{8,}\.\w+$/
const FOR_EVER = 'public, max-age=31536000, immutable'

/** What a request for a file says of what it has and takes. */
export interface FileRequest {
  readonly acceptEncoding: string
  readonly ifNoneMatch: string
}

/** The files of the built web page. Public: nothing secret is in them. */
export class Site {
  readonly #folder: string
  #files: ReadonlyMap<string, SiteFile> = new Map()

  /** Nothing is read before `load`. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Reads all files into memory, so that an upgrade beside a running daemon mixes nothing. False: there are none. */
  async load(): Promise<boolean> {
    const names = await readdir(this.#folder, { recursive: true, withFileTypes: true }).catch(() => [])
    const raw = new Map<string, Uint8Array<ArrayBuffer>>()
    for (const entry of names) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      raw.set(relative(this.#folder, path), new Uint8Array(await readFile(path)))
    }
    this.#files = filesOf(raw)
    return this.#files.has(INDEX)
  }

  /** Names the build, so that an open page learns of an upgrade; empty when there is no page. */
  get version(): string {
    return this.#files.get(INDEX)?.tag ?? ''
  }

  /**
   * `path`: below `/ui/`. Every path that is no file and does not look like one is a view of the page: its script reads
   * the address. Null: there is no such file.
   */
  answer(path: string, { acceptEncoding, ifNoneMatch }: FileRequest): Response | null {
    const name = this.#files.has(path) ? path : TYPES[extname(path)] === undefined ? INDEX : ''
    const file = this.#files.get(name)
    if (file === undefined) return null
    const coding = CODINGS.find(([token]) => file.coded.has(token) && accepts(acceptEncoding, token))?.[0]
    const tag = `"${file.tag}${coding === undefined ? '' : `-${coding}`}"`
    const headers: Record<string, string> = {
      'Cache-Control': file.isHashed ? FOR_EVER : 'no-cache',
      'Content-Security-Policy': file.policy,
      ETag: tag,
      Vary: 'Accept-Encoding',
    }
    if (ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === tag))
      return new Response(null, { status: 304, headers })
    const bytes = coding === undefined ? file.bytes : (file.coded.get(coding) ?? file.bytes)
    headers['Content-Type'] = file.type
    if (coding !== undefined) headers['Content-Encoding'] = coding
    return new Response(bytes, { headers: { ...headers, 'Content-Length': String(bytes.length) } })
  }
}

function filesOf(raw: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): ReadonlyMap<string, SiteFile> {
  const files = new Map<string, SiteFile>()
  for (const [name, bytes] of raw) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    const coded = new Map<string, Uint8Array<ArrayBuffer>>()
    for (const [token, ending] of CODINGS) {
      const copy = raw.get(name + ending)
      if (copy !== undefined) coded.set(token, copy)
    }
    const tag = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
    const policy = name === FRAME_PAGE ? framePolicy(Buffer.from(bytes).toString()) : PAGE_POLICY
    files.set(name, { type, bytes, tag, coded, isHashed: HASHED.test(name), policy })
  }
  return files
}

/** RFC 9110, 12.5.3, as far as browsers and proxies use it. */
function accepts(header: string, coding: string): boolean {
  return header.split(',').some((item) => {
    const [token = '', ...parameters] = item
      .toLowerCase()
      .split(';')
      .map((part) => part.trim())
    return token === coding && !parameters.some((one) => /^q=0(?:\.0*)?$/.test(one))
  })
}
