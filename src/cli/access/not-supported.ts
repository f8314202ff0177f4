import { CliError } from '../cli-error.ts'

/** Commands of faas-cli that make no sense here say so, instead of being unknown (cli.md 2). */
export const pluginGet = {
  run: (): Promise<never> =>
    refuse(
      'plugin get is not supported: the plugins it fetches are programs of OpenFaaS Pro',
      'A program of your own, put into ~/.openfaas/plugins under the name of a command, is run as one.',
    ),
}

export const chartExport = {
  run: (): Promise<never> =>
    refuse(
      'chart export is not supported: there is no Helm chart, Sampan runs on one Docker host',
      'Manifests of your functions for Kubernetes: sampan generate',
    ),
}

function refuse(message: string, hint: string): Promise<never> {
  return Promise.reject(new CliError(message, { hint }))
}
