import type { FunctionSpec, StringMap } from '../../../core/functions/function-spec.ts'

/** The environment of an image: a list of `NAME=value`. */
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
 * The variables that the process in the container sees: the image's, overridden by the deployment's. All
 * decisions by a variable use this, so that one set in a Dockerfile counts like one of the deployment. Pure.
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
