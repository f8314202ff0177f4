import type { DaemonProcess } from './daemon-process.ts'

/** What the daemon publishes now: values by the text before them. */
export async function metricsOf({ metricsUrl }: DaemonProcess): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text()
  return samplesOf(text)
}

/** Prometheus' text format, without its comments. */
export function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}
