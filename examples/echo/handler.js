/** Answers with what it was asked: the body as it comes, and in headers how it was asked. */
export default async function handle(request) {
  const { pathname, search } = new URL(request.url)
  const headers = new Headers({ 'x-echo-method': request.method, 'x-echo-path': pathname + search })
  const type = request.headers.get('content-type')
  if (type !== null) headers.set('content-type', type)
  return new Response(request.body, { headers })
}
