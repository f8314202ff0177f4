// What real servers are asked, and what must be in their own answers so that a question is worth asking.

import { createHash } from 'node:crypto'
import { valueOf, type Asked, type RawAnswer } from './raw-answer.ts'

export interface ServerCase {
  /** Ends the title of a test that begins with "passes on". */
  readonly what: string
  readonly asked: Asked
  /** Of the server's own answer; 300 for any redirect. */
  readonly status: number
  /** In the head of the server's own answer, one line behind the other. */
  readonly head?: RegExp
  /** Asked once more with these headers, made of the first answer; the rest is about the second one. */
  readonly again?: (first: RawAnswer) => Readonly<Record<string, string>>
}

export const FILE_NAMES: Readonly<Record<string, Buffer>> = {
  latin: Buffer.from('Müller.pdf', 'latin1'),
  utf8: Buffer.from('Müller.pdf'),
  chinese: Buffer.from('日本.pdf'),
  cyrillic: Buffer.from('Отчёт.pdf'),
  arabic: Buffer.from('تقرير.pdf'),
  emoji: Buffer.from('📄.pdf'),
}

/** Every byte, and more than fits into buffers. */
const sent = createHash('shake256', { outputLength: 2 * 1024 * 1024 })
  .update('sent')
  .digest()
/** Without a body: whoever does not read it may cut the connection before its answer is there. */
const refused: Asked = { method: 'POST', target: '/text.txt', body: Buffer.alloc(0) }

const get = (target: string, headers: Asked['headers'] = {}): Asked => ({ target, headers })
const head = (target: string): Asked => ({ method: 'HEAD', target })
const sameTag = (first: RawAnswer) => ({ 'If-None-Match': valueOf(first.fields, 'etag') ?? '' })
const sameTime = (first: RawAnswer) => ({
  'If-Modified-Since': valueOf(first.fields, 'last-modified') ?? '',
})

/** What every server of files does. `at`: before the names of the files. */
function files(at: string): readonly ServerCase[] {
  return [
    { what: 'a file', asked: get(`${at}/text.txt`), status: 200, head: /content-length: 360/i },
    { what: 'the head of a file', asked: head(`${at}/text.txt`), status: 200, head: /content-length: 360/i },
    { what: 'an empty file', asked: get(`${at}/empty.txt`), status: 200, head: /content-length: 0/i },
    { what: 'a file of 4 MiB', asked: get(`${at}/large.bin`), status: 200, head: /content-length: 4194304/i },
    { what: 'that a file is not there', asked: get(`${at}/missing.txt`), status: 404 },
    ...['Müller', '日本', 'Отчёт', 'تقرير', '📄'].map((name) => ({
      what: `a file named ${name}.txt`,
      asked: get(`${at}/${encodeURIComponent(name)}.txt`),
      status: 200,
      head: /content-length: 360/i,
    })),
  ]
}

function ranges(target: string): readonly ServerCase[] {
  return [
    {
      what: 'a range',
      asked: get(target, { Range: 'bytes=5-9' }),
      status: 206,
      head: /content-range: bytes 5-9\/360/i,
    },
    {
      what: 'the end of a file',
      asked: get(target, { Range: 'bytes=-7' }),
      status: 206,
      head: /content-range: bytes 353-359\/360/i,
    },
    {
      what: 'that there is no such range',
      asked: get(target, { Range: 'bytes=9999-' }),
      status: 416,
      head: /content-range: bytes \*\/360/i,
    },
  ]
}

/** What the applications do that asgi.py describes. */
const application: readonly ServerCase[] = [
  ...Object.entries(FILE_NAMES).flatMap(([script, bytes]) =>
    ['first', 'last'].map((length) => ({
      what: `a download whose name is in ${script}, its length said ${length}`,
      asked: get(`/named?name=${escaped(bytes)}&star=${escaped(bytes)}&length=${length}`),
      status: 200,
      head: /content-disposition: attachment; filename="[^"]*[\x80-\xff][^"]*"; filename\*=UTF-8''/i,
    })),
  ),
  {
    what: 'cookies, each on its line',
    asked: get('/cookies'),
    status: 200,
    head: /set-cookie: a=1[^]*set-cookie: b=[^]*set-cookie: c=/i,
  },
  {
    what: 'what was sent to it',
    asked: { method: 'POST', target: '/echo', body: sent },
    status: 201,
    head: /application\/octet-stream/,
  },
  {
    what: 'nothing that was sent to it',
    asked: { method: 'POST', target: '/echo', body: Buffer.alloc(0) },
    status: 201,
  },
  { what: 'a body of unknown length', asked: get('/stream'), status: 200, head: /^(?![^]*content-length)/i },
  { what: 'the head of a body of unknown length', asked: head('/stream'), status: 200 },
  { what: 'an empty body', asked: get('/empty'), status: 200 },
  { what: 'that there is no content', asked: get('/none'), status: 204 },
  { what: 'a tag', asked: get('/unchanged'), status: 200, head: /etag: /i },
  {
    what: 'that nothing was changed',
    asked: get('/unchanged'),
    again: sameTag,
    status: 304,
    head: /etag: /i,
  },
  ...redirects('/moved?to='),
  { what: 'a body of 4 MiB', asked: get('/large'), status: 200, head: /content-length: 4194304/i },
  { what: 'the head of 4 MiB', asked: head('/large'), status: 200, head: /content-length: 4194304/i },
  { what: 'what is compressed', asked: get('/zipped'), status: 200, head: /content-encoding: gzip/i },
]

function redirects(at: string): readonly ServerCase[] {
  return [
    {
      what: 'a redirect to its own address as one to its path here',
      asked: get(`${at}own`),
      status: 300,
      head: /location: http:\/\/[\d.]+:8080\/text\.txt\?x=1/i,
    },
    {
      what: 'a redirect to a path',
      asked: get(`${at}relative`),
      status: 300,
      head: /location: [./]*text\.txt/i,
    },
    {
      what: 'a redirect to somebody else',
      asked: get(`${at}foreign`),
      status: 300,
      head: /location: https:\/\/example\.com/i,
    },
  ]
}

export const SERVER_CASES: Readonly<Record<string, readonly ServerCase[]>> = {
  nginx: [
    ...files(''),
    ...ranges('/text.txt'),
    {
      what: 'several ranges',
      asked: get('/text.txt', { Range: 'bytes=0-3,10-19' }),
      status: 206,
      head: /multipart\/byteranges; boundary=/,
    },
    { what: 'that a tag is the same', asked: get('/text.txt'), again: sameTag, status: 304, head: /ETag: "/ },
    { what: 'that a time is the same', asked: get('/text.txt'), again: sameTime, status: 304 },
    {
      what: 'what it compresses',
      asked: get('/zipped/text.txt', { 'Accept-Encoding': 'gzip' }),
      status: 200,
      head: /Transfer-Encoding: chunked[^]*Content-Encoding: gzip/,
    },
    { what: 'a list of files in five scripts', asked: get('/'), status: 200, head: /chunked/ },
    {
      what: 'a redirect to a folder',
      asked: get('/folder'),
      status: 300,
      head: /Location: http:\/\/[\d.]+:808/,
    },
    {
      what: 'a redirect that it completes',
      asked: get('/moved/made'),
      status: 300,
      head: /Location: http:\/\//,
    },
    ...redirects('/moved/'),
    ...Object.keys(FILE_NAMES).map((script) => ({
      what: `a download whose name is in ${script}, behind its length`,
      asked: get(`/named/text.txt?name=${script}`),
      status: 200,
      head: /Content-Length: 360[^]*Content-Disposition: attachment; filename="[^"]*[\x80-\xff]/,
    })),
    {
      what: 'cookies and repeated lines',
      asked: get('/cookies'),
      status: 200,
      head: /Cache-Control: public[^]*Cache-Control: max-age=3600[^]*Set-Cookie: a[^]*Set-Cookie: b[^]*Set-Cookie: c/,
    },
    { what: 'that there is no content', asked: get('/none'), status: 204 },
    { what: 'a status that nobody knows', asked: get('/unknown-status'), status: 599 },
    {
      what: 'that it takes no POST',
      asked: refused,
      status: 405,
    },
  ],
  php: [
    ...files(''),
    ...application,
    {
      what: 'a reason of its own, and the headers of a session',
      asked: get('/teapot'),
      status: 418,
      head: /Set-Cookie: PHPSESSID=fixed[^]*Cache-Control: no-store, no-cache, must-revalidate/,
    },
    { what: 'that a script broke, which it says with 200', asked: get('/broken'), status: 200 },
  ],
  'http.server': [
    ...files(''),
    { what: 'that a time is the same', asked: get('/text.txt'), again: sameTime, status: 304 },
    { what: 'a list of files in five scripts', asked: get('/'), status: 200 },
    { what: 'a redirect to a folder', asked: get('/folder'), status: 300, head: /Location: \/folder\// },
    {
      what: 'that it takes no POST',
      asked: refused,
      status: 501,
    },
  ],
  gunicorn: application,
  uvicorn: application,
  express: [
    ...application,
    ...files('/files'),
    ...ranges('/files/text.txt'),
    { what: 'that a time is the same', asked: get('/files/text.txt'), again: sameTime, status: 304 },
    ...Object.entries(FILE_NAMES).map(([script, bytes]) => ({
      what: `an attachment whose name is in ${script}, as it encodes it`,
      asked: get(`/attachment?name=${escaped(bytes)}`),
      status: 200,
      head: /Content-Disposition: attachment; filename="/,
    })),
  ],
}

/** Each byte as `%XX`. */
function escaped(bytes: Buffer): string {
  return bytes.toString('hex').replace(/../g, '%$&')
}
