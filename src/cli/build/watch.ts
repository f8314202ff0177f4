import { CliError } from '../cli-error.ts'

/** The flag of faas-cli is known; a promise that is not kept would be worse than an error. */
export function refuseWatch(isAsked: boolean): void {
  if (isAsked)
    throw new CliError('--watch is not there yet', { hint: 'Run the command again after a change.' })
}
