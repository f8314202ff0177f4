import { must } from './api.ts'
import { host, refresh } from './overview.ts'
import type { OverviewRow } from './wire.ts'

export type Named = Pick<OverviewRow, 'name' | 'namespace'>

export async function scale({ name, namespace }: Named, replicas: number): Promise<void> {
  const path = `/system/scale-function/${encodeURIComponent(name)}?namespace=${encodeURIComponent(namespace)}`
  await must(path, { method: 'POST', json: { serviceName: name, namespace, replicas } })
  refresh()
}

export async function remove({ name, namespace }: Named): Promise<void> {
  await must('/system/functions', { method: 'DELETE', json: { functionName: name, namespace } })
  refresh()
}

/** Where the function answers: what the daemon says, else the usual port of the host that this page is from. */
export function addressOf({ name, namespace }: Named): string {
  const base = host.value.functionsUrl ?? `http://${location.hostname}:8080`
  return `${base}/function/${name}${namespace === '' || namespace === 'openfaas-fn' ? '' : `.${namespace}`}`
}

/** Of a route below `/system/function/`. */
export const systemPath = ({ name, namespace }: Named, rest = ''): string =>
  `/system/function/${encodeURIComponent(name)}${rest}?namespace=${encodeURIComponent(namespace)}`
