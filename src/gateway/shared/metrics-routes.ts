import type { RouteDescription } from './route-description.ts'

/** What the metrics listener answers; anything else is 404. */
export const METRICS_ROUTES = {
  metrics: {
    method: 'any',
    path: '/metrics',
    listener: 'metrics',
    access: 'public',
    summary: 'Figures in the text format of Prometheus',
    answers: { 200: 'All of them', 500: 'The metrics are not available' },
  },
  health: {
    method: 'GET',
    path: '/healthz',
    listener: 'metrics',
    access: 'public',
    summary: 'Whether the daemon is up',
    answers: { 200: 'On the metrics listener: the daemon is up' },
  },
} as const satisfies Record<string, RouteDescription>

export const metricsRoutes: readonly RouteDescription[] = Object.values(METRICS_ROUTES)
