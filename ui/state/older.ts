import { get, getIfThere } from './api.ts'
import { timeOf } from '../text/format.ts'
import type { FunctionStatus, Overview, OverviewRow } from './wire.ts'

/** The overview of a daemon that has none: what its list of functions says, and dashes for the rest. */
export async function fromList(): Promise<Overview> {
  const namespaces = (await getIfThere<readonly string[]>('/system/namespaces')) ?? ['openfaas-fn']
  const lists = await Promise.all(
    namespaces.map((name) =>
      get<readonly FunctionStatus[]>(`/system/functions?namespace=${encodeURIComponent(name)}`),
    ),
  )
  return { functions: lists.flat().map(rowOf) }
}

function rowOf(status: FunctionStatus): OverviewRow {
  const { name, namespace = 'openfaas-fn', image, availableReplicas: ready, replicas: desired } = status
  const { state, revision, reason } = status.status ?? {}
  const sinceMs = timeOf(status.createdAt)
  return {
    name,
    namespace,
    ...(image === undefined ? {} : { image }),
    ...(ready === undefined ? {} : { ready }),
    ...(desired === undefined ? {} : { desired }),
    ...(state === undefined ? {} : { state }),
    ...(revision === undefined ? {} : { revision }),
    ...(reason === undefined || reason === '' ? {} : { reason }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  }
}
