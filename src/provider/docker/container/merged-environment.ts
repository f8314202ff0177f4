import type { FunctionSpec, StringMap } from '../../../core/function-spec.ts'

/** What an image brings along, as far as it decides here. `env` is a list of `NAME=value`. */
export interface ImageEnvironment {
  readonly env: readonly string[]
}

/**
 * The variables that a deployment sets itself. `envProcess` is a second way to say `fprocess`; an empty
 * `fprocess` would hide the image's own, and watchdogs refuse to start with it. Pure.
 */
export function deployedVariables({ envVars, envProcess }: FunctionSpec): StringMap {
  const { fprocess, ...rest } = envVars
  const process = fprocess || envProcess
  return process === '' ? rest : { ...rest, fprocess: process }
}

/**
 * What the process in the container sees: the image's variables, then the deployment's. Whoever decides
 * something by a variable asks here, so that one set in a Dockerfile counts like one of the deployment. Pure.
 */
export function mergedEnvironment(image: ImageEnvironment, spec: FunctionSpec): ReadonlyMap<string, string> {
  const merged = new Map<string, string>()
  for (const line of image.env) {
    const at = line.indexOf('=')
    if (at > 0) merged.set(line.slice(0, at), line.slice(at + 1))
  }
  for (const [name, value] of Object.entries(deployedVariables(spec))) merged.set(name, value)
  return merged
}
