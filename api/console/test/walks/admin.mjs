// The first security administrator is made on the node's machine, signs in, makes an
// audit administrator, lifts a lockout and ends an account; the audit administrator reads
// of it. System administrators look at keys, and vote: what the page prepares is signed
// by the command that the page shows, and handed in again.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const scenario = 'charger'
const home = '110000'

/** The lines of what a region may sign; below them stands the line that hands it in. */
const errand = '.filters ~ .command pre'
const rules = join(dirname(fileURLToPath(import.meta.url)), '../../../../consensus/calendar/data/rules.yaml')
const phrase = 'seven goats on a wall'
const other = '春天的第一场雨落在了运河上'

export default async function walk({ demo, visits, desk, look, fits, check }) {
  // Whoever goes through the pages again comes in by a link.
  for (const [path, role] of [['accounts', 'security_admin'], ['acts', 'audit_admin'], ['keys', 'operator'], ['password', 'security_admin']]) visits.set(`/console/${path}`, { region: home, role })
  const config = join(demo.dir, home, 'sandi.yaml')
  const initial = /initial password: (\S+)/.exec(
    demo.run('account', 'add', 'zhao', '-c', config, '--lang', 'en', '--role', 'security_admin', '--org', `${home}-SJ`, '--display', '赵某（演示）', '--person', '1024'),
  )[1]
  const security = await check('the first administrator signs in and chooses a password', first)
  const audit = await check('an account is made, and its person reads the log', second)
  await check('a lockout is lifted, an account ended', lockout)
  await check('keys and certificates', keys)
  await check('a vote: proposed, approved, refused', vote)
  await check('a move of leadership waits for a second region', move)
  for (const d of [security, audit]) await d.close()

  /** stranger is a browser before the sign-in page. */
  async function stranger(lang = 'zh', width = 1280) {
    const d = await desk(home, 'clerk', { lang, width, person: 'nobody-in-particular' })
    await d.page.click('.account')
    await d.page.locator('.ant-dropdown-menu-item').first().click()
    await d.page.waitForSelector('.sign-card input[type=password]')
    return d
  }

  async function enter(d, name, password) {
    await d.page.fill('.sign-card input[autocomplete=username]', name)
    await d.page.fill('.sign-card input[type=password]', password)
    await d.page.locator('.sign-card form').first().locator('button[type=submit]').click()
  }

  async function choose(d, old, fresh, again = fresh) {
    const fields = d.page.locator('form input[type=password]')
    for (const [i, text] of [old, fresh, again].entries()) await fields.nth(i).fill(text)
    await d.page.click('form button[type=submit]')
  }

  async function first() {
    const d = await stranger()
    await fits(d, 'sign-in')
    await enter(d, 'zhao', 'not the one at all')
    await d.page.waitForSelector('.sign-card [role=alert]')
    await enter(d, 'ZHAO', initial)
    await d.page.waitForSelector('text=请设置自己的口令')
    await fits(d, 'first password')
    await choose(d, initial, 'Password2026')
    await d.page.waitForSelector('form [role=alert]')
    assert.match(await d.page.locator('form [role=alert]').textContent(), /太容易猜到/)
    await choose(d, initial, phrase, phrase + '!')
    await d.page.waitForSelector('text=不一致')
    await choose(d, initial, phrase)
    await d.page.waitForSelector('.accounts tbody tr')
    assert.ok(d.page.url().endsWith('/accounts'), 'a security administrator begins with accounts')
    await look(d, 'accounts')
    assert.match(await d.page.locator('.accounts tbody tr').textContent(), /另一位安全管理员/, 'nobody changes their own account')
    await d.page.click('.account')
    await d.page.locator('.ant-dropdown-menu-item', { hasText: '修改口令' }).click()
    await d.page.waitForSelector('form input[type=password]')
    assert.ok(d.page.url().endsWith('/password'))
    await look(d, 'password')
    await d.page.click('.second nav a[href$="/accounts"]')
    await d.page.waitForSelector('.accounts tbody tr')
    return d
  }

  async function second() {
    const { page } = security
    await page.click('.panel-head button')
    await page.fill('.dialog input[maxlength="32"]', 'Qian')
    await page.fill('.dialog input[maxlength="40"]', '钱某（演示）')
    await page.fill('.dialog input[maxlength="64"]', '1024')
    await page.locator('.acc-roles label', { hasText: '审计管理员' }).click()
    assert.ok(await page.locator('.acc-roles label', { hasText: '经办人' }).locator('input').isDisabled(), 'an administrator\'s role stands alone')
    await fits(security, 'account form')
    await page.click('.dialog button[type=submit]')
    await page.waitForSelector('.dialog [role=alert]')
    assert.match(await page.locator('.dialog [role=alert]').textContent(), /一人只能有一个/)
    await page.fill('.dialog input[maxlength="64"]', '2048')
    await page.click('.dialog button[type=submit]')
    await page.waitForSelector('.command pre')
    await look(security, 'account-made')
    const password = await page.locator('.command pre').textContent()

    const d = await stranger('en', 390)
    await fits(d, 'sign-in small')
    await enter(d, 'qian', password)
    await d.page.waitForSelector('text=Choose a password of your own')
    await choose(d, password, other)
    await d.page.waitForSelector('.acts tbody tr')
    await look(d, 'acts')
    const text = await d.page.locator('.acts').textContent()
    for (const part of ['account made', 'zhao', 'qian', 'password changed', 'sign-in refused']) assert.ok(text.includes(part), `the log lacks ${part}`)
    assert.ok(!text.includes(password) && !text.includes('goats'), 'the log tells a password')
    const forbidden = await d.page.evaluate(async () => [(await fetch('/console/admin/accounts')).status, (await fetch('/console/admin/keys')).status, (await fetch('/v1/records')).status])
    assert.deepEqual(forbidden, [403, 403, 403], 'an audit administrator reads the log and nothing else')
    await d.page.selectOption('.filters select', 'account_made')
    await d.page.waitForFunction(() => document.querySelectorAll('.acts tbody tr').length === 2)
    return d
  }

  async function lockout() {
    const { page } = security
    const statuses = await page.evaluate(async () => {
      const out = []
      for (let i = 0; i < 6; i++) {
        const body = JSON.stringify({ name: 'ＱIAN', password: 'wrong' })
        out.push((await fetch('/console/session', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })).status)
      }
      return out
    })
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429])
    await page.reload()
    await page.waitForSelector('.accounts .due-bad')
    await look(security, 'accounts-locked')
    await page.click('button[aria-label="解除锁定 qian"]')
    await page.click('.dialog .acc-buttons .ant-btn-primary')
    await page.waitForSelector('.ant-alert-success')
    await page.click('button[aria-label="停用 qian"]')
    await fits(security, 'asked whether one is sure')
    await page.click('.dialog .acc-buttons .ant-btn-primary')
    await page.waitForSelector('text=qian 已停用')
    await audit.page.reload() // what the page asks for next is refused already; this is sooner than its turn
    await audit.page.waitForSelector('.sign-card')
  }

  async function keys() {
    await security.to('/keys', '.certs li')
    await look(security, 'keys')
    await security.page.locator('.keys-how summary').first().click()
    assert.match(await security.page.locator('.keys-how[open] pre').first().textContent(), /^sandi key make --use /)
    const d = await desk('130000', 'operator', { lang: 'en', width: 390 })
    await d.to('/keys', '.certs li')
    await look(d, 'keys')
    await d.page.locator('.issuer summary').click()
    await d.page.locator('.issuer-roles label').first().click()
    const [file] = await Promise.all([d.page.waitForEvent('download'), d.page.locator('.issuer button').first().click()])
    assert.match(readFileSync(await file.path(), 'utf8'), /^\{"issuer":"https:\/\/130000\.sandi\/issuer","roles":\["auditor"\]\}$/)
    await d.close()
  }

  /** signed runs a line that a page shows, beside the bureau's own safe. */
  function signed(line, region, from = {}) {
    const out = join(demo.dir, `${region}-${Date.now()}.jws`)
    const paths = { 'offline/governance.pem': join(demo.dir, region, 'offline/governance.pem'), 'genesis.json': join(demo.dir, 'genesis.json'), ...from }
    const args = line.split(' ').slice(1).map((arg) => paths[arg] ?? arg)
    args[args.indexOf('-f') + 1] = out
    demo.run(...args)
    return out
  }

  async function handIn(d, file) {
    await d.page.setInputFiles('.handin input[type=file]', file)
    await d.page.waitForSelector('.signed')
    await d.page.click('.signed button')
    await d.page.waitForSelector('.handin .ant-alert-success')
  }

  async function vote() {
    const proposer = await desk('120000', 'operator')
    await proposer.to('/votes', errand)
    const text = join(demo.dir, 'rules-2.yaml')
    const before = readFileSync(rules, 'utf8')
    writeFileSync(text, before.replace(/^version: 1$/m, 'version: 2') + '# （合成）第二版：仅供演练表决。\n')
    const lines = (await proposer.page.locator(errand).textContent()).split('\n')
    await handIn(proposer, signed(lines[1], '120000', { FILE: text }))
    await look(proposer, 'votes-handed-in')
    await proposer.page.setInputFiles('.handin input[type=file]', text)
    await proposer.page.waitForSelector('.handin .ant-alert-error') // the text itself is no signed statement
    await proposer.close()

    const voter = await desk(home, 'operator', { lang: 'en' })
    await voter.to('/votes', '.proposals tbody tr')
    await look(voter, 'votes')
    await voter.page.locator('.proposals a').first().click()
    await voter.page.waitForSelector('.compare .cmp-in')
    await look(voter, 'proposal')
    const [file] = await Promise.all([voter.page.waitForEvent('download'), voter.page.locator('.how button').first().click()])
    const ballot = await file.path()
    assert.match(readFileSync(ballot, 'utf8'), /^\{"region":"120000","proposal":"[0-9A-Z]{26}","approve":true\}$/)
    const line = await voter.page.locator('.how .command pre').first().textContent()
    await handIn(voter, signed(line, home, { [file.suggestedFilename()]: ballot }))
    await voter.page.waitForFunction(() => document.querySelectorAll('.counts .good').length === 2)
    await look(voter, 'proposal-voted')
    await voter.close()

    const refuser = await desk('130000', 'operator', { width: 390 })
    await refuser.to('/votes', '.proposals tbody tr')
    await refuser.page.locator('.proposals a').first().click()
    await refuser.page.waitForSelector('.how')
    await refuser.page.locator('.tabs button').nth(1).click()
    await look(refuser, 'proposal')
    await handIn(refuser, signed(await refuser.page.locator('.how .command pre').nth(1).textContent(), '130000'))
    await refuser.page.waitForSelector('.counts .bad')
    await refuser.close()

    const head = await desk(home, 'bureau_head')
    await head.to('/votes', '.proposals .bad')
    assert.equal(await head.page.locator('.handin').count(), 0, 'an office looks and does not submit')
    await head.close()
  }

  /** One region signs that another node shall lead; the others see it wait, with the line that signs the same. */
  async function move() {
    const first = await desk('120000', 'operator')
    await first.to('/votes', errand)
    await first.page.locator('.filters select').first().selectOption('move')
    await handIn(first, signed(await first.page.locator(errand).textContent(), '120000'))
    await first.page.waitForSelector('.members-list .ant-alert')
    assert.equal(await first.page.locator('.members-list .command').count(), 0, 'whoever has signed is asked for nothing')
    await look(first, 'votes-move')
    await first.close()
    for (const [lang, width] of [['zh', 1280], ['en', 1280], ['en', 390]]) {
      const second = await desk(home, 'operator', { lang, width })
      await second.to('/votes', '.members-list .command pre')
      assert.match(await second.page.locator('.members-list .command pre').textContent(), /^sandi gov move --leader \S+ --candidate \S+ --term \d+ /)
      await look(second, 'votes-move-second')
      await second.close()
    }
  }
}
