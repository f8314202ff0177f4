import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { CliError } from '../cli-error.ts'

/** Its name in a build context (docs/decisions/0044). */
export const WATCHDOG_FILE = 'fwatchdog'

/** `dist/watchdog/` of this package. */
const BINARIES = new URL('../../../watchdog/', import.meta.url)

/**
 * Whether a Dockerfile copies a file `fwatchdog` of its build context, so that one belongs there. One that takes it
 * from another image (`COPY --from=…`), as upstream's do, has its own.
 */
export function takesWatchdog(dockerfile: string): boolean {
  // A line that is continued is one instruction.
  const lines = dockerfile.replaceAll('\r\n', '\n').replaceAll('\\\n', ' ').split('\n')
  return lines.some((line) => {
    const [instruction = '', ...words] = line
      .replaceAll(/[[\],"]/g, ' ')
      .trim()
      .split(/\s+/)
    if (!['COPY', 'ADD'].includes(instruction.toUpperCase())) return false
    // The last word is where it goes.
    const sources = words.slice(0, -1)
    return sources.includes(WATCHDOG_FILE) && !words.some((word) => word.startsWith('--from='))
  })
}

/** Path of the watchdog for an architecture as Go spells it, or a platform such as `linux/arm64`. */
export async function watchdogFile(platform: string): Promise<string> {
  const words = platform.replace(/^linux\//, '').split('/')
  const arch = words[0] === 'arm' || words[0] === 'armhf' ? 'arm' : (words[0] ?? '')
  const path = fileURLToPath(new URL(`fwatchdog-${arch}`, BINARIES))
  try {
    await access(path)
    return path
  } catch (cause) {
    throw new CliError(`there is no watchdog for ${platform} in this installation: ${path} is missing`, {
      cause,
      hint: 'Platforms are linux/amd64, linux/arm64 and linux/arm/v7. In a source tree: npm run build:watchdog',
    })
  }
}
