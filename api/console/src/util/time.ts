// The API writes times as RFC 3339 with the offset of the bureaus, +08:00, so
// what people read is cut out of the text: no browser's time zone gets in.

/** day is the date of a time: 2025-11-10. */
export const day = (text: string | undefined) => (text ?? '').slice(0, 10)

/** minute is date and time to the minute: 2025-11-10 09:00. */
export const minute = (text: string | undefined) => (text ?? '').slice(0, 16).replace('T', ' ')

/** civil is a unix time (s) as the bureaus' clocks show it, to the minute. */
export const civil = (seconds: number) => minute(new Date((seconds + 8 * 3600) * 1000).toISOString())

/** daysBetween counts whole days from one date to another; negative backwards. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(day(to) + 'T00:00:00Z') - Date.parse(day(from) + 'T00:00:00Z')) / 86_400_000)
}
