// The leader goes away: pages of the other regions go on, a write says why it cannot be
// done and keeps what was typed, and goes through once a majority is back. Before that:
// what happens elsewhere shows by itself, and a burst of it repaints once a second.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { entry } from '../harness.mjs'
import { fill } from '../fill.mjs'

export const scenario = 'charger'

/** A machine with other work takes its time; without it, a change shows within a second, ms. */
const soon = 10_000
const failover = 60_000

/** A hidden danger with all that its form asks for, so that it can be opened again and again. */
const danger = (n) => ({ enterprise_name: `（合成）第${n}号企业`, enterprise_uscc: '91110108XXXX00078T', product_code: 'JC-HJ', product_name: '（合成）充电器', found_by: 'inspection', found_at: '2026-01-05' })

export default async function walk({ demo, desk, look, check }) {
  const d = await desk('110000', 'officer', { person: 'away-officer' })
  const status = () => d.page.evaluate(async () => (await fetch('/v1/status')).json())
  const led = (await status()).replica.leader.slice(0, 6)
  const regions = (await status()).regions.map((r) => r.code)
  const here = regions.find((r) => r !== led)
  await d.close()

  const mine = await desk(here, 'officer', { person: 'away-officer' })
  await check('what others do shows by itself', () => shows(mine))
  await check('the leader is away', () => leaderless(mine))
  await mine.close()

  /** opened opens a record in the page's session, past its forms. */
  function opened(d, n) {
    return d.page.evaluate(async ([fields, id]) => {
      const answer = await fetch('/v1/records', {
        method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': id }, body: JSON.stringify({ procedure: 'ledger_item', role: 'officer', fields }),
      })
      return answer.json()
    }, [danger(n), ulid()])
  }

  async function shows(d) {
    await d.to('/records', '.records')
    const other = await desk(here, 'officer', { person: 'other-officer', lang: 'en' })
    const began = Date.now()
    const { record, status } = await opened(other, 0)
    assert.equal(status, 'committed')
    await d.page.waitForSelector(`.records a[href$="${record}"]`, { timeout: soon })
    console.log(`   a new record shows after ${Date.now() - began} ms, opening it included`)

    let reads = 0
    const count = (r) => (reads += r.url().includes('/v1/records?') ? 1 : 0)
    d.page.on('request', count)
    const burst = Date.now()
    let last
    for (let n = 1; n <= 12; n++) last = await opened(other, n)
    await d.page.waitForSelector(`.records a[href$="${last.record}"]`, { timeout: soon })
    const seconds = (Date.now() - burst) / 1000
    d.page.off('request', count)
    console.log(`   12 records in ${seconds.toFixed(1)} s: the list was read ${reads} times`)
    assert.ok(reads <= seconds + 2, `${reads} repaints in ${seconds} s`)
    await other.close()
  }

  async function leaderless(d) {
    const pids = regions.filter((r) => r !== here).map((r) => Number(readFileSync(join(demo.dir, r, 'pid'), 'utf8')))
    await d.page.click('nav a[href$="/console/"], nav a[href$="/console"]')
    await d.page.click('.starts a[href$="/open/ledger_item"]')
    await d.page.waitForSelector('.act')
    const typed = danger(99)
    await fill(d.page, typed)
    const known = await entry(d)
    try {
      pids.forEach((pid) => process.kill(pid, 'SIGSTOP'))
      await d.page.waitForSelector('.fresh-bad', { timeout: failover })
      assert.match(await d.page.locator('.fresh').textContent(), /不能写入|连接中断/)
      await d.page.click('.act button[type=submit]')
      await d.page.waitForSelector('.act-top [role=alert]', { timeout: failover })
      const said = await d.page.locator('.act-top [role=alert]').textContent()
      console.log(`   ${said}`)
      assert.match(said, /没有写入.+再提交/, 'it does not say what to do')
      for (const [name, value] of Object.entries(typed)) assert.equal(await d.page.inputValue(`#f-${name}`), value, `${name} is lost`)
      await look(d, 'form-no-majority')

      // Another page of the same person: reading goes on.
      const reading = await d.page.context().newPage()
      await reading.goto(d.origin + '/console/records')
      await reading.click('.records tbody a')
      await reading.waitForSelector('.record-head .state')
      await reading.waitForSelector('.timeline li')
      assert.ok((await reading.locator('.fields dd').count()) > 0)
      await look({ ...d, page: reading }, 'record-no-majority')
      await reading.close()
    } finally {
      pids.forEach((pid) => process.kill(pid, 'SIGCONT'))
    }
    await d.page.waitForFunction(() => document.querySelector('.fresh') && !document.querySelector('.fresh-bad'), null, { timeout: failover })
    await d.page.click('.act button[type=submit]')
    await d.page.waitForSelector('.record-head .id', { timeout: failover })
    assert.ok((await entry(d)) > known)
    const list = await d.page.evaluate(async (text) => (await fetch(`/v1/records?text=${encodeURIComponent(text)}`)).json(), typed.enterprise_name)
    assert.equal(list.items.length, 1, 'the record stands once')
    assert.deepEqual(d.wrong, [])
  }
}

/** ulid is a fresh id of a statement. */
function ulid() {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  let time = Date.now()
  let head = ''
  for (let i = 0; i < 10; i++, time = Math.floor(time / 32)) head = alphabet[time % 32] + head
  return head + Array.from({ length: 16 }, () => alphabet[Math.floor(Math.random() * 32)]).join('')
}
