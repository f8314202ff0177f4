/** Where the cgroups of containers are: Docker without and with systemd, and Podman. `ID`: the container. */
export const SLICES = ['docker/ID', 'system.slice/docker-ID.scope', 'machine.slice/libpod-ID.scope'] as const

/** Where they are mounted. */
export const CGROUP_ROOT = '/sys/fs/cgroup'
