import { checkSecretName } from '../../core/functions/secret-name.ts'
import { messageOf } from '../../core/errors.ts'
import { CliError } from '../cli-error.ts'

/** Throws `CliError` for what cannot be the name of a secret, before anything is sent. */
export function checkName(name: string): void {
  try {
    checkSecretName('name', name)
  } catch (error) {
    throw new CliError(messageOf(error), { cause: error, hint: 'Such as: db-password' })
  }
}
