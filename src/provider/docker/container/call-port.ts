/** The usual port of functions, shared by all watchdogs and templates. */
export const USUAL_PORT = 8080

/**
 * The port at which a container takes calls: that of its watchdog, which reads it from the environment.
 * Without a watchdog it is the usual one, because other programs have no setting that we know. Pure.
 */
export function callPort(env: ReadonlyMap<string, string>, hasWatchdog: boolean): number {
  const text = hasWatchdog ? (env.get('port') ?? '') : ''
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  // The watchdog itself refuses an invalid port, with a sentence.
  return port >= 1 && port <= 65_535 ? port : USUAL_PORT
}
