import type { Middleware } from 'openapi-fetch'

// Reads ask for all that was acknowledged anywhere, which takes a majority of nodes.
// Without one a node still has what it has applied, and that is better than an empty
// page: reads then ask for it (consistency=local), and the freshness chip says how old
// it is. Writes are never turned into anything else.

let away = false // no majority answers: reads are local from the start
const refused = new Set<string>() // routes that have no such parameter

/** majority tells what the node says of itself: whether it knows a leader of a majority. */
export function majority(there: boolean) {
  away = !there
}

/** localOf is a request for what this node has applied; undefined where that isn't asked for or not possible. */
function localOf(request: Request, route: string): Request | undefined {
  const url = new URL(request.url)
  if (request.method !== 'GET' || refused.has(route) || url.searchParams.has('consistency')) return undefined
  url.searchParams.set('consistency', 'local')
  return new Request(url.href, { headers: request.headers, signal: request.signal })
}

/** plainOf undoes localOf. */
function plainOf(request: Request): Request {
  const url = new URL(request.url)
  url.searchParams.delete('consistency')
  return new Request(url.href, { headers: request.headers, signal: request.signal })
}

export const reading: Middleware = {
  onRequest({ request, schemaPath }) {
    return away ? localOf(request, schemaPath) : undefined
  },
  async onResponse({ request, response, schemaPath }) {
    if (response.status === 503) {
      const local = localOf(request, schemaPath)
      if (!local) return undefined
      const answer = await fetch(local)
      if (answer.ok) away = true // until the node says otherwise
      else if (answer.status === 422 || answer.status === 400) refused.add(schemaPath)
      return answer.ok ? answer : undefined
    }
    const ours = away && request.method === 'GET' && new URL(request.url).searchParams.get('consistency') === 'local'
    if (ours && (response.status === 422 || response.status === 400)) {
      refused.add(schemaPath)
      return fetch(plainOf(request))
    }
    return undefined
  },
}
