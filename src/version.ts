import { readFileSync } from 'node:fs'
import type { BuildInfo } from './core/build-info.ts'

/** From the package's version and, where the build wrote one, `dist/commit`. */
export function buildInfo(): BuildInfo {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const release =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : 'unknown'
  return { release, sha: readCommit() }
}

function readCommit(): string {
  try {
    return readFileSync(new URL('../commit', import.meta.url), 'utf8').trim() || 'unknown'
  } catch {
    // Built without git: a release archive, for example.
    return 'unknown'
  }
}
