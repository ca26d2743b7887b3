import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { throttle } from './throttle'

/** At most one repaint a second, ms. */
const repaint = 1000

/**
 * useLive follows the ledger's events and has what may have changed read again.
 * It says whether the stream stands. The stream ends with its token every few
 * minutes; the browser resumes it by itself.
 */
export function useLive(from: number | undefined): boolean {
  const client = useQueryClient()
  const [standing, setStanding] = useState(true)
  const begin = from !== undefined
  useEffect(() => {
    if (from === undefined) return
    const again = throttle(() => void client.invalidateQueries({ queryKey: ['live'] }), repaint)
    const stream = new EventSource(from > 0 ? `/v1/events?after=${from - 1}` : '/v1/events')
    let lost: ReturnType<typeof setTimeout> | undefined
    stream.onopen = () => {
      clearTimeout(lost)
      lost = undefined
      setStanding(true)
    }
    stream.onmessage = () => again.call()
    stream.onerror = () => {
      lost ??= setTimeout(() => setStanding(false), 5000) // resuming takes two seconds
      if (stream.readyState === EventSource.CLOSED) again.call() // a 401 then shows in a read
    }
    return () => {
      clearTimeout(lost)
      again.cancel()
      stream.close()
    }
    // Only where the stream begins counts, not how the ledger grew since.
  }, [client, begin])
  return standing
}
