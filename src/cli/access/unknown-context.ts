import { near } from '../args/suggest.ts'
import { CliError } from '../cli-error.ts'

export function unknownContext(name: string, gateways: Readonly<Record<string, string>>): CliError {
  const [meant] = near(name, Object.keys(gateways))
  return new CliError(`there is no context "${name}"`, {
    hint: meant === undefined ? 'See: sampan context list' : `Did you mean "${meant}"?`,
  })
}
