import { useSignal, type Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { sentence } from './api.ts'

export interface Loaded<T> {
  /** Undefined until the first answer; the old one stays while a new one is asked for. */
  readonly value: Signal<T | undefined>
  /** Empty when the last request went well. */
  readonly problem: Signal<string>
  readonly again: () => void
}

/** Asks for `what` when `key` changes, and every `everyMs` while the page is visible. */
export function useLoaded<T>(key: string, what: (signal: AbortSignal) => Promise<T>, everyMs = 0): Loaded<T> {
  const value = useSignal<T | undefined>(undefined)
  const problem = useSignal('')
  const round = useSignal(0)
  useEffect(() => {
    const end = new AbortController()
    const load = async (): Promise<void> => {
      try {
        const answer = await what(end.signal)
        if (end.signal.aborted) return
        value.value = answer
        problem.value = ''
      } catch (error) {
        if (!end.signal.aborted) problem.value = sentence(error)
      }
    }
    void load()
    const timer = everyMs === 0 ? undefined : setInterval(() => void (document.hidden || load()), everyMs)
    return () => {
      clearInterval(timer)
      end.abort()
    }
  }, [key, round.value])
  return { value, problem, again: () => (round.value += 1) }
}

/** One change that the user asked for: `run` while nothing else is being changed, with what went wrong beside it. */
export interface Action {
  readonly busy: Signal<boolean>
  readonly problem: Signal<string>
  /** True when it went well. */
  readonly run: (what: () => Promise<unknown>) => Promise<boolean>
}

export function useAction(): Action {
  const busy = useSignal(false)
  const problem = useSignal('')
  const run = async (what: () => Promise<unknown>): Promise<boolean> => {
    if (busy.value) return false
    busy.value = true
    problem.value = ''
    try {
      await what()
      return true
    } catch (error) {
      problem.value = sentence(error)
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, problem, run }
}
