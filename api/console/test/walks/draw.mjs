// Mutual inspection: draws are drawn again in the browser, also tampered ones; a plan
// gets its draws and an assignment through the screens; the team takes it on a telephone
// to its findings; the expert pool says who can be chosen and why others cannot.
import assert from 'node:assert/strict'
import { act, ask, open, reaches, text } from '../acts.mjs'
import { forget } from '../older.mjs'

export const scenario = 'mutual-inspection'
const [organiser, other, host] = ['110000', '120000', '130000']
const played = { experts: 'DR-110000-2025-000005', hosts: 'DR-110000-2025-000004', void: 'DR-110000-2025-000001', checklist: 'CK-110000-2025-000001', mission: 'MA-110000-2025-000001' }

/** later is the date so many days after a time. */
const later = (now, days) => new Date(Date.parse(now.slice(0, 10) + 'T00:00:00Z') + days * 86_400_000).toISOString().slice(0, 10)

export default async function walk({ desk, look, check }) {
  await check('a draw is drawn again in the browser', again)
  await check('a tampered draw differs, with its place', tampered)
  const plan = await check('a plan and its draws', planned)
  const mission = await check('an assignment is made and notified', () => assigned(plan))
  await check('the team on a telephone', () => visited(mission))
  await check('the expert pool', experts)

  async function drawAgain(d, verdict) {
    await d.page.click('.again > button')
    await d.page.waitForSelector(`.verdict-${verdict}`)
  }

  async function again() {
    const zh = await desk(organiser, 'liaison')
    await zh.to('/draws', '.records tbody tr')
    assert.ok((await zh.page.locator('.records tbody tr').count()) >= 5)
    await look(zh, 'draws')
    await zh.page.click(`.records a[href$="/draw/${played.experts}"]`)
    await zh.page.waitForSelector('.again > button')
    await drawAgain(zh, 'agrees')
    assert.equal(await zh.page.locator('.again-line.bad').count(), 0)
    assert.match(await zh.page.locator('.draw-taken').textContent(), /MA-110000/, 'who stepped in, and where')
    await look(zh, 'draw')
    await zh.to(`/draw/${played.void}`, '.again > button')
    await drawAgain(zh, 'open')
    assert.match(await zh.page.locator('.page').textContent(), /违约方/, 'who did not contribute')
    await look(zh, 'draw-void')
    await zh.close()

    // A browser of 2021, the worker included: it has no polyfills but its own.
    const older = await desk(host, 'auditor', { lang: 'en', width: 390, before: forget })
    await older.page.route(/\/worker-[^/]*\.js/, async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, body: `(${forget})();\n${await answer.text()}` })
    })
    await older.to(`/draw/${played.hosts}`, '.again > button')
    await drawAgain(older, 'agrees')
    await look(older, 'draw')
    await older.close()
  }

  async function tampered() {
    const d = await desk(other, 'lead', { lang: 'en' })
    await d.page.route(/\/v1\/draws\/[^/]*\?texts=true/, async (route) => {
      const answer = await route.fetch()
      const draw = await answer.json()
      const s = draw.outcome.selected
      ;[s[0], s[1]] = [s[1], s[0]]
      draw.regions[1].contribution = draw.regions[0].contribution
      draw.pool.text = draw.pool.text.replace(' visited\n', '\n')
      await route.fulfill({ response: answer, json: draw })
    })
    await d.to(`/draw/${played.experts}`, '.again > button')
    await drawAgain(d, 'differs')
    const bad = (await d.page.locator('.again-line.bad').allTextContents()).join('\n')
    for (const named of [/another digest/, /EX-110000-2025-000006 is excluded otherwise/, /Tianjin.*not the signature/, /another seed/, /another ranking/, /place 1 differs/]) assert.match(bad, named)
    await look(d, 'draw-differs')
    await d.page.unrouteAll()
    // A pool of one's own that has somebody else in it.
    const pool = await d.page.evaluate(async (id) => (await fetch(`/v1/draws/${id}/pool`)).text(), played.hosts)
    await d.to(`/draw/${played.hosts}`, '.again > button')
    await d.page.click('.again-own summary')
    await d.page.setInputFiles('.again-own input >> nth=0', { name: 'pool.txt', mimeType: 'text/plain', buffer: Buffer.from(pool.replace(/\n\S+ \S+\n$/, '\n')) })
    await drawAgain(d, 'differs')
    await d.close()
  }

  async function planned() {
    const d = await desk(organiser, 'liaison')
    const plan = await open(d, 'mi_plan', 'liaison', { title: '（合成）秋季互派检查', field: 'eco_environment' })
    await act(d, plan, 'propose', 'liaison', {
      plan_no: 'HJ-2025-03', title: '（合成）秋季互派检查', field: 'eco_environment', basis_doc: '行动计划', period_from: '2025-08-01', period_to: '2025-12-31',
      region_orgs: [`${other}-SJ`, `${host}-SJ`], host_regions: [other, host], hosts: [other, host].map((region) => ({ region, catalogue: 'ab'.repeat(32), size: 3, quota: 1 })),
      expert_quota: 2, checklist_ref: played.checklist, rota: [{ host, lead: organiser }, { host: other, lead: organiser }], rota_reason: '（合成）只有两个受检地区',
    })
    for (const [i, region] of [other, host].entries()) {
      const head = await desk(region, 'bureau_head')
      await act(head, plan, 'confirm', 'bureau_head', { confirm_doc_no: `确认〔2025〕9${i}号` })
      await head.close()
    }
    const candidates = (await d.page.evaluate(async (id) => (await fetch(`/v1/draws/${id}/pool`)).text(), played.hosts)).split('\n').slice(1, 4).map((line) => line.split(' ')[1])

    // One draw through the screens, from the plan's page to the frozen pool.
    await d.to(`/plan/${plan}`, '.plan-list, .panel .quiet')
    await d.page.click('a[href*="/open/draw?"]')
    await d.page.waitForSelector('#f-draw_no')
    assert.equal(await d.page.inputValue('#f-plan'), plan, 'the plan is filled in')
    await d.page.fill('#f-draw_no', 'CQ-2025-11')
    await d.page.selectOption('#f-kind', 'target')
    await d.page.fill('#f-stratum', '河北')
    await d.page.click('.act button[type=submit]')
    await d.page.waitForSelector('.record-head .id')
    await d.page.click('.crumbs a[href*="/draw/"]')
    await d.page.waitForSelector('#freeze-list')
    await d.page.fill('#freeze-list', `A ${candidates[2]}\nA ${candidates[0]} visited\nA ${candidates[1]} ? x\n`)
    await d.page.waitForSelector('.freeze .bad')
    await d.page.fill('#freeze-list', `A ${candidates[2]}\nA ${candidates[0]} visited\nA,${candidates[1]}`)
    await look(d, 'draw-freeze')
    await freeze(d, 'PC-2025-2', ['1'])

    // The others: one through the API, that of experts out of the pool.
    const second = await open(d, 'draw', 'liaison', { draw_no: 'CQ-2025-12', plan, kind: 'target', stratum: '天津', region_orgs: [`${other}-SJ`, `${host}-SJ`] })
    const pool = await text(d, 'sandi-pool/1\nA 91120112XXXX000510\n')
    const rule = await text(d, 'sandi-draw-rule/1\nkind target\nexclusions PC-2025-2\nA number 1\n')
    await act(d, second, 'freeze', 'liaison', { pool_hash: pool.digest, rule_hash: rule.digest, pool_count: 1, pool_taken_at: '2025-08-08T09:00:00+08:00', strata: [{ key: 'A', n: 1 }], quota: 1, exclusion_rule_version: 'PC-2025-2' })
    const third = await open(d, 'draw', 'liaison', { draw_no: 'CQ-2025-13', plan, kind: 'expert', stratum: '河北', region_orgs: [`${other}-SJ`, `${host}-SJ`] })
    await d.to(`/draw/${third}`, '#freeze-list')
    await d.page.selectOption('.freeze-ways select', host)
    await d.page.click('.freeze-ways button')
    await d.page.waitForFunction(() => /EX-130000-2025-000001 same_region/.test(document.querySelector('#freeze-list').value))
    await freeze(d, 'HB-2025-1', ['2'])
    await reaches(d, second, 'sealed')
    await reaches(d, plan, 'drawn')
    await d.close()
    return plan
  }

  /** freeze brings what is typed to the node, signs the form that it fills, and waits for the nodes to draw. */
  async function freeze(d, rules, quotas) {
    const inputs = d.page.locator('.freeze-quota input')
    for (const [i, quota] of quotas.entries()) await inputs.nth(i).fill(quota)
    await inputs.nth(quotas.length).fill(rules)
    await d.page.click('.freeze > button')
    await d.page.waitForSelector('.act #f-pool_hash')
    assert.match(await d.page.inputValue('#f-pool_hash'), /^[0-9a-f]{64}$/)
    await d.page.click('.act button[type=submit]')
    await d.page.waitForSelector('.draw-selected li', { timeout: 30_000 })
    await drawAgain(d, 'agrees')
  }

  async function assigned(plan) {
    const d = await desk(organiser, 'liaison')
    await d.to(`/plan/${plan}`, '.plan-list a[href*="/open/assignment?"]')
    await look(d, 'plan')
    await d.page.click('.plan-list a[href*="/open/assignment?"]')
    await d.page.waitForSelector('#f-target_name')
    assert.equal(await d.page.inputValue('#f-plan'), plan)
    await d.page.fill('#f-target_name', '河北（合成）碧水检测有限公司')
    await d.page.click('.act button[type=submit]')
    await d.page.waitForSelector('.record-head .id')
    const mission = (await d.page.locator('.record-head .id').textContent()).trim()
    await d.page.click('.crumbs a[href*="/mission/"]')
    await d.page.waitForSelector('.turn-yours')
    const { now } = await ask(d, 'GET', '/v1/status')
    await begin(d, 'notify')
    for (const [name, value] of Object.entries({ assignment_no: 'HJ-2025-03-HE-01', team_lead: '张*', window_from: now.slice(0, 10), window_to: later(now, 3) })) await d.page.fill(`#f-${name}`, value)
    assert.match(await d.page.inputValue('[id="f-experts.0"]'), /^EX-/, 'the experts drawn are filled in')
    await d.page.selectOption('#f-host_org', `${host}-SJ`)
    await d.page.selectOption('#f-lead_org', `${organiser}-SJ`)
    await sign(d)
    await look(d, 'mission')
    await d.close()
    return mission
  }

  /** begin opens the form of an act by its name in the law. */
  async function begin(d, event) {
    const { document: law } = await ask(d, 'GET', '/v1/procedures/assignment')
    const title = law.events.find((e) => e.name === event).title[d.lang]
    await d.page.locator('.step-yours', { has: d.page.locator('b', { hasText: new RegExp(`^${title.replace(/[()]/g, '\\$&')}$`) }) }).locator('.step-head button').click()
    await d.page.waitForSelector('.act')
  }

  /** sign submits the form that is open; what is refused fails the walk in its own words. */
  async function sign(d) {
    await d.page.click('.act button[type=submit]')
    await d.page.waitForSelector('.ant-alert-success, .act-top [role=alert]')
    const refused = d.page.locator('.act-top [role=alert]')
    if (await refused.count()) assert.fail((await refused.allTextContents()).join(' '))
  }

  /** named asks for an expert's name, as somebody who may wherever the expert is at home; that region may be slow to answer, then one asks again. */
  async function named(d) {
    for (let tries = 3; ; tries--) {
      await d.page.locator('.mission-list button').first().click()
      await d.page.waitForFunction(() => document.querySelector('.mission-cards [role=alert]') || /（合成）专家/.test(document.querySelector('.mission-cards').textContent))
      const refused = await d.page.locator('.mission-cards [role=alert]').allTextContents()
      if (refused.length === 0) return
      assert.ok(tries > 0, refused.join(' '))
    }
  }

  async function visited(mission) {
    const lead = await desk(organiser, 'lead', { width: 390 })
    await look(lead, 'desk')
    await lead.page.click('.figure a[href$="/missions"]')
    await lead.page.waitForSelector(`.records a[href$="/mission/${mission}"]`)
    await look(lead, 'missions')
    await lead.page.click(`.records a[href$="/mission/${mission}"]`)
    await lead.page.waitForSelector('.turn-yours')
    await look(lead, 'mission')

    for (const [region, lang, officers] of [[organiser, 'zh', 0], [host, 'en', 2]]) {
      const liaison = await desk(region, 'liaison', { lang, width: 390 })
      await liaison.to(`/mission/${mission}`, '.turn-yours')
      if (region === organiser) await named(liaison)
      await begin(liaison, 'accept')
      assert.match(await liaison.page.inputValue('#f-recusal_declared_at'), /^2025-/)
      if (officers) {
        await liaison.page.click('.more summary')
        for (let i = 0; i < officers; i++) {
          await liaison.page.fill(`[id="f-host_officers.${i}.cert_no"]`, `冀A-100${i}`)
          await liaison.page.fill(`[id="f-host_officers.${i}.person"]`, '孙*')
        }
      }
      await look(liaison, 'mission-accept')
      await sign(liaison)
      await liaison.close()
    }

    // The team's page has not been touched: what it may do now shows by itself.
    await lead.page.waitForFunction(() => /冀A-1001/.test(document.querySelector('.mission-cards').textContent), null, { timeout: 10_000 })
    await lead.page.context().setOffline(true)
    await lead.page.waitForSelector('.offline')
    await lead.page.context().setOffline(false)
    await lead.page.waitForSelector('.offline', { state: 'detached' })
    await lead.page.click('.turn-yours button')
    await lead.page.waitForSelector('.act #f-geo')
    assert.equal(await lead.page.inputValue('[id="f-officers_present.1.cert_no"]'), '冀A-1001', 'the officers named are filled in')
    await lead.page.fill('#f-geo', '石家庄市裕华区（合成）')
    await lead.page.selectOption('#f-notice_shown', 'true')
    await sign(lead)
    await begin(lead, 'submit_findings')
    await lead.page.click('.answers li:nth-child(2) .tabs button:nth-child(2)')
    await lead.page.fill('.answers li:nth-child(2) input', '（合成）能力范围表未更新')
    await lead.page.click('.answers p button')
    await lead.page.selectOption('#f-result_code', 'problem_ordered')
    await lead.page.selectOption('#f-major_findings', 'false')
    for (const [name, value] of [['id', 'F1'], ['clause', '资质认定管理办法 第36条'], ['facts', '（合成）能力范围表未更新']]) await lead.page.fill(`[id="f-findings.0.${name}"]`, value)
    await lead.page.selectOption('[id="f-findings.0.grade"]', 'minor')
    await lead.page.setInputFiles('#f-site_record', { name: '现场笔录.txt', mimeType: 'text/plain', buffer: Buffer.from('（合成）现场笔录') })
    await lead.page.waitForSelector('.file code')
    await lead.page.selectOption('#f-site_record_signed', 'signed')
    await look(lead, 'mission-findings')
    await sign(lead)
    await lead.page.waitForSelector('.turn:not(.turn-yours)')
    assert.match(await lead.page.locator('.checklist summary').textContent(), /42/)
    await look(lead, 'mission-submitted')
    await lead.close()
  }

  async function experts() {
    const d = await desk(other, 'liaison', { lang: 'en', width: 390 })
    await d.to('/experts', '.records tbody tr')
    await d.page.selectOption('.filters label:has-text("Host") select', host)
    await d.page.check('.filters input[type=checkbox]')
    await d.page.waitForFunction(() => /Same region as the host/.test(document.querySelector('.page').textContent))
    assert.equal(await d.page.locator('.records tr', { hasText: 'Same region as the host' }).count(), 3)
    assert.equal(await d.page.locator('.records tr', { hasText: 'Serves elsewhere' }).count(), 2, 'the two on the way are not free')
    await look(d, 'experts')
    await d.page.fill('.expert-party', '123')
    await d.page.press('.expert-party', 'Enter')
    await d.page.waitForSelector('.page .bad[role=alert]')
    await look(d, 'experts-wrong')
    await d.close()
    const zh = await desk(organiser, 'liaison')
    await zh.to('/experts?field=cable', '.empty')
    await look(zh, 'experts-none')
    await zh.to('/plans', '.records')
    await look(zh, 'plans')
    await zh.to(`/mission/${played.mission}`, '.turn')
    await look(zh, 'mission-ended')
    await zh.close()
  }
}
