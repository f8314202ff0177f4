/** Settings that say what functions may do on the host. `config/` reads them. */

/** Which seccomp profile functions run under. */
export type SeccompChoice =
  | { readonly use: 'ours' | 'engine' }
  /** Absolute. */
  | { readonly use: 'file'; readonly path: string }

/** A port of the host that functions may use. */
export interface HostPort {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
}

/**
 * Docker gives no container less memory (Engine API, ContainerCreate: "minimum memory limit allowed is 6MB").
 */
export const LEAST_MEMORY_BYTES = 6 * 1024 * 1024
