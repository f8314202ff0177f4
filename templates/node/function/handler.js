/** Answers one call. `request` is a Request and the answer a Response; a text or an object does as well. */
export default async function handle(request) {
  const name = (await request.text()).trim() || 'world'
  return new Response(`Hello, ${name}!\n`)
}
