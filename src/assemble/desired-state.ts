import { DevControl } from '../control/dev-control.ts'
import { FunctionControl } from '../control/function-control.ts'
import { NamespaceControl } from '../control/namespace-control.ts'
import { SecretControl } from '../control/secret-control.ts'
import type { Provider } from '../core/provider/provider.ts'
import type { Base } from './base.ts'

/** The changes that users and triggers make to desired state. */
export interface DesiredState {
  readonly functions: FunctionControl
  readonly dev: DevControl
  readonly namespaces: NamespaceControl
  readonly secrets: SecretControl
}

export function makeDesiredState({ registry, clock, log }: Base, provider: Provider): DesiredState {
  const { functions, namespaces, secrets } = registry
  const nowMs = (): number => Math.floor(clock.wall())
  const control = new FunctionControl({
    registry: functions,
    provider,
    hasNamespace: (name) => namespaces.has(name),
    missingSecret: (namespace, names) => names.find((name) => !secrets.has(namespace, name)),
    clock,
    log,
  })
  return {
    functions: control,
    dev: new DevControl({ provider, find: (fn) => control.find(fn) }),
    namespaces: new NamespaceControl({
      registry: namespaces,
      contents: (name) => ({ functions: functions.countIn(name), secrets: secrets.list(name).length }),
      nowMs,
    }),
    secrets: new SecretControl({
      registry: secrets,
      hasNamespace: (name) => namespaces.has(name),
      usersOf: ({ namespace, name }) => functions.usersOfSecret(namespace, name),
      onChanged: (secret) => provider.refreshSecret(secret),
      nowMs,
    }),
  }
}
