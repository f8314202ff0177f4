/** Answers one call. A text or an object does as well as a Response. */
export default async function handle(request: Request): Promise<Response> {
  const name = (await request.text()).trim() || 'world'
  return new Response(`Hello, ${name}!\n`)
}
