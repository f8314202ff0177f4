import { writeFile } from 'node:fs/promises'
import { eventually } from '../fakes/eventually.ts'
import type { DevTools } from './devtools.ts'

type Fields = Readonly<Record<string, unknown>>

/** One tab of a browser. */
export class Page {
  /** Blocked styles and scripts among it. */
  readonly console: string[] = []
  /** What went wrong in this helper, outside of any command. */
  readonly failures: unknown[] = []
  /** What a person types into a login dialog, once; without it the dialog is closed. */
  typed: { readonly username: string; readonly password: string } | null = null
  /** Addresses at which the browser asked for a login. */
  readonly dialogs: string[] = []
  readonly #devTools: DevTools
  readonly #session: string
  #onLoad: () => unknown = () => undefined

  private constructor(devTools: DevTools, session: string) {
    this.#devTools = devTools
    this.#session = session
    devTools.listen(session, (method, params) => this.#onEvent(method, params))
  }

  static async open(devTools: DevTools): Promise<Page> {
    const { targetId } = await devTools.send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await devTools.send('Target.attachToTarget', { targetId, flatten: true })
    const page = new Page(devTools, String(sessionId))
    for (const domain of ['Page', 'Runtime', 'Log']) await page.#send(`${domain}.enable`)
    await page.#send('Fetch.enable', { handleAuthRequests: true })
    return page
  }

  /** Opens `url` (credentials may stand in it); resolves when it is loaded. */
  async goto(url: string): Promise<void> {
    await this.#loading(async () => {
      for (let tries = 1; ; tries += 1) {
        const { errorText } = await this.#send('Page.navigate', { url })
        if (errorText === undefined) return
        // Other tests make and remove networks of containers: the browser drops what it was loading then.
        if (errorText === 'net::ERR_NETWORK_CHANGED' && tries < 10) continue
        throw new Error(`${url}: ${JSON.stringify(errorText)}`)
      }
    })
  }

  /** Runs script in the page, as if it were its own, and answers what the expression is, promises awaited. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    })
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return (result as Fields)['value']
  }

  /** Runs script that leads to another page; resolves when that is loaded. */
  async leaveBy(script: string): Promise<void> {
    await this.#loading(() => this.evaluate(`${script}; undefined`))
  }

  /** What can be read on the page. */
  async text(): Promise<string> {
    return String(await this.evaluate('document.body.innerText'))
  }

  async picture(file: string): Promise<void> {
    const { data } = await this.#send('Page.captureScreenshot')
    await writeFile(file, Buffer.from(String(data), 'base64'))
  }

  async #loading(leave: () => Promise<unknown>): Promise<void> {
    let isLoaded = false
    this.#onLoad = () => (isLoaded = true)
    await leave()
    await eventually(() => isLoaded, 60_000, 'the page is loaded')
  }

  #send(method: string, params: Fields = {}): Promise<Fields> {
    return this.#devTools.send(method, params, this.#session)
  }

  #onEvent(method: string, params: Fields): void {
    if (method === 'Page.loadEventFired') this.#onLoad()
    else if (method === 'Runtime.consoleAPICalled' || method === 'Log.entryAdded')
      this.console.push(JSON.stringify(params))
    else if (method === 'Fetch.requestPaused') this.#reply('Fetch.continueRequest', params)
    else if (method === 'Fetch.authRequired') this.#onDialog(params)
  }

  #onDialog(params: Fields): void {
    this.dialogs.push(String((params['request'] as Fields)['url']))
    const { typed } = this
    this.typed = null
    const authChallengeResponse =
      typed === null ? { response: 'CancelAuth' } : { response: 'ProvideCredentials', ...typed }
    this.#reply('Fetch.continueWithAuth', { ...params, authChallengeResponse })
  }

  #reply(method: string, { requestId, authChallengeResponse }: Fields): void {
    const answer = this.#send(method, { requestId, authChallengeResponse })
    // A request may be gone by then, when its page was left.
    answer.catch((error: unknown) => {
      if (!/Invalid InterceptionId|has ended/.test(String(error))) this.failures.push(error)
    })
  }
}
