import createClient from 'openapi-fetch'
import { afterEach, expect, test, vi } from 'vitest'
import { majority, reading } from './reading'
import type { paths } from './schema'

/** node answers as one without a majority does: what it has applied, on routes that can be asked for it. */
function node(ready: boolean) {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url)
    asked.push(request.method + ' ' + url.pathname + url.search)
    const local = url.searchParams.get('consistency') === 'local'
    if (local && url.pathname === '/v1/orgs') return new Response('{}', { status: 422 })
    if (ready || local || url.pathname === '/v1/status') return new Response('{"items":[]}', { status: 200, headers: { 'Content-Type': 'application/json' } })
    return new Response('{"code":"no_quorum"}', { status: 503 })
  })
  const api = createClient<paths>({ baseUrl: 'http://node', fetch: (request) => fetch(request) })
  api.use(reading)
  return { api, asked }
}

afterEach(() => {
  vi.unstubAllGlobals()
  majority(true)
})

test('without a majority, reads give what this node has', async () => {
  const { api, asked } = node(false)
  expect((await api.GET('/v1/records')).response.status).toBe(200)
  expect((await api.GET('/v1/records')).response.status).toBe(200)
  expect(asked).toEqual(['GET /v1/records', 'GET /v1/records?consistency=local', 'GET /v1/records?consistency=local'])
})

test('with one, reads ask for all that was acknowledged', async () => {
  majority(false)
  majority(true)
  const { api, asked } = node(true)
  await api.GET('/v1/records')
  expect(asked).toEqual(['GET /v1/records'])
})

test('a route that cannot be asked for it is asked plainly', async () => {
  majority(false)
  const { api, asked } = node(false)
  expect((await api.GET('/v1/orgs')).response.status).toBe(503)
  expect((await api.GET('/v1/orgs')).response.status).toBe(503)
  expect(asked).toEqual(['GET /v1/orgs?consistency=local', 'GET /v1/orgs', 'GET /v1/orgs'])
})

test('a write stays what it is', async () => {
  const { api, asked } = node(false)
  majority(false)
  const { response } = await api.POST('/v1/records', { params: { header: { 'Idempotency-Key': 'x' } }, body: {} as never })
  expect(response.status).toBe(503)
  expect(asked).toEqual(['POST /v1/records'])
})
