import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `templates/` of this package. */
export const SHIPPED_TEMPLATES = fileURLToPath(new URL('../../../../templates/', import.meta.url))

/** Names of the templates that come with this program, in order. */
export async function shippedTemplates(): Promise<readonly string[]> {
  const entries = await readdir(SHIPPED_TEMPLATES, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

/** The folder of one of them; null: there is none of this name. */
export function shippedTemplate(name: string): string | null {
  const folder = join(SHIPPED_TEMPLATES, name)
  return /^[a-z0-9-]+$/.test(name) && existsSync(join(folder, 'template.yml')) ? folder : null
}
