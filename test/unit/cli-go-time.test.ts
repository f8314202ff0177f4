import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatGoTime, layoutOf, readGoTime } from '../../src/cli/output/go-time.ts'

// Written by Go 1.26 for these times.
const UTC = '2026-03-04T05:06:07.080900000Z'
const AHEAD = '2026-11-14T15:16:17+05:30'

const WRITTEN: readonly (readonly [string, string, string])[] = [
  ['ansic', 'Wed Mar  4 05:06:07 2026', 'Sat Nov 14 15:16:17 2026'],
  ['UnixDate', 'Wed Mar  4 05:06:07 UTC 2026', 'Sat Nov 14 15:16:17 +0530 2026'],
  ['rubydate', 'Wed Mar 04 05:06:07 +0000 2026', 'Sat Nov 14 15:16:17 +0530 2026'],
  ['rfc822', '04 Mar 26 05:06 UTC', '14 Nov 26 15:16 +0530'],
  ['rfc822z', '04 Mar 26 05:06 +0000', '14 Nov 26 15:16 +0530'],
  ['rfc850', 'Wednesday, 04-Mar-26 05:06:07 UTC', 'Saturday, 14-Nov-26 15:16:17 +0530'],
  ['rfc1123', 'Wed, 04 Mar 2026 05:06:07 UTC', 'Sat, 14 Nov 2026 15:16:17 +0530'],
  ['rfc1123z', 'Wed, 04 Mar 2026 05:06:07 +0000', 'Sat, 14 Nov 2026 15:16:17 +0530'],
  ['rfc3339', '2026-03-04T05:06:07Z', '2026-11-14T15:16:17+05:30'],
  ['rfc3339nano', '2026-03-04T05:06:07.0809Z', '2026-11-14T15:16:17+05:30'],
  [
    'January 2 002 __2 06 1 3:4:5 pm',
    'March 4 063  63 26 3 5:6:7 am',
    'November 14 318 318 26 11 3:16:17 pm',
  ],
  ['15h .000 ,999999 Z07 -07 -07:00:00', '05h .080 ,0809 Z +00 +00:00:00', '15h .000  +05 +05 +05:30:00'],
]

describe('a time by a layout of Go', () => {
  for (const [layout, utc, ahead] of WRITTEN) {
    it(`18.4.47: ${layout}`, () => {
      const written = [UTC, AHEAD].map((text) => {
        const time = readGoTime(text)
        return time === null ? null : formatGoTime(time, layoutOf(layout))
      })
      assert.deepEqual(written, [utc, ahead])
    })
  }

  it('is none for another text', () => {
    for (const text of ['', 'now', '2026-01-02', '2026-13-02T00:00:00Z']) assert.equal(readGoTime(text), null)
  })
})
