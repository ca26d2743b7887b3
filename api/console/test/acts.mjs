// What a walk has people do beside the screens it looks at: acts through the API, in the
// session of somebody's page.
import assert from 'node:assert/strict'

const patience = 30_000

/** ask sends a request as the page's person would; it gives the answer's body. */
export async function ask(d, method, path, body, headers = {}) {
  const answer = await d.page.evaluate(
    async ({ method, path, body, headers }) => {
      const r = await fetch(path, { method, headers, body })
      return { status: r.status, text: await r.text() }
    },
    { method, path, body, headers },
  )
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`)
  return JSON.parse(answer.text)
}

/** ulid is an id for a statement. */
function ulid() {
  const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  let out = ''
  for (let t = Date.now(), i = 0; i < 10; i++, t = Math.floor(t / 32)) out = letters[t % 32] + out
  while (out.length < 26) out += letters[Math.floor(Math.random() * 32)]
  return out
}

const json = (key, more = {}) => ({ 'Content-Type': 'application/json', 'Idempotency-Key': key, ...more })

/** open starts a record; it gives the record's id. */
export async function open(d, procedure, role, fields) {
  const receipt = await ask(d, 'POST', '/v1/records', JSON.stringify({ procedure, role, fields }), json(ulid()))
  return receipt.record
}

/** act makes an event happen to a record as it is now. */
export async function act(d, record, event, role, fields) {
  const { head } = await ask(d, 'GET', `/v1/records/${record}`)
  return ask(d, 'POST', `/v1/records/${record}/events`, JSON.stringify({ event, role, fields }), json(ulid(), { 'If-Match': `"${head}"` }))
}

/** text brings the pool or the rule of a draw. */
export const text = (d, content) => ask(d, 'PUT', '/v1/draws/texts', content, { 'Content-Type': 'application/octet-stream' })

/** file keeps a file in the vault; it gives its commitment. */
export const file = async (d, content) => (await ask(d, 'PUT', '/v1/materials', content, { 'Content-Type': 'application/octet-stream', 'Idempotency-Key': ulid() })).commitment

/** reaches waits until a record is in a state, by what the nodes do themselves. */
export async function reaches(d, record, state) {
  const until = Date.now() + patience
  for (;;) {
    const now = (await ask(d, 'GET', `/v1/records/${record}`)).state
    if (now === state) return
    assert.ok(Date.now() < until, `${record} is ${now}, not ${state}`)
    await d.page.evaluate((size) => fetch(`/v1/events?after=${size}&wait=1s`).then((r) => r.text()), (await ask(d, 'GET', '/v1/status')).size - 1)
  }
}
