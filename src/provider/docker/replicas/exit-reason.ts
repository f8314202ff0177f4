/**
 * Exit codes with a known meaning: those of shells and container runtimes, and of common signals (128 + the
 * signal).
 */
const MEANINGS: Readonly<Record<number, string>> = {
  0: 'it ended by itself: a function has to go on listening',
  126: 'its command cannot be executed: is the file executable, and for this processor?',
  127: 'its command was not found or cannot run here: is it in the image, with its interpreter and loader, and for this processor?',
  132: 'SIGILL: its program is for another processor',
  134: 'SIGABRT: it gave up',
  137: 'SIGKILL: it was killed',
  139: 'SIGSEGV: it crashed',
  143: 'SIGTERM: it was told to end',
}

/**
 * Why a replica ended that we did not stop; completes "the function is not ready: …". `exitCode`: null when
 * unknown. Pure.
 */
export function exitReason(exitCode: number | null): string {
  if (exitCode === null) return 'it ended'
  const meaning = MEANINGS[exitCode]
  return `it exited with code ${exitCode}${meaning === undefined ? '' : ` (${meaning})`}`
}
