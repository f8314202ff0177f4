/** How a replica is named to people, in logs and log lines: for Docker as `docker ps` shows it. */
export function shortId(id: string): string {
  return id.slice(0, 12)
}
