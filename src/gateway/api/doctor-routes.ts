import { doctorAnswer, type DoctorFinding } from '../../wire/doctor-answer.ts'
import { json } from './responses.ts'
import type { Route } from './route.ts'

export interface DoctorRoutePorts {
  /** Looks at the host and the daemon, or answers what was found a moment ago. Changes nothing. */
  readonly doctor: { look(): Promise<readonly DoctorFinding[]> }
}

export function doctorRoutes({ doctor }: DoctorRoutePorts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/system/doctor',
      access: 'admin',
      summary: 'What is wrong with this host, and what mends it; at most 2 s, and the same answer for 10 s',
      answers: { 200: 'Every check that applies, in a fixed order' },
      result: doctorAnswer,
      handle: async () => json(await doctor.look()),
    },
  ]
}
