// Documents on paper: a clerk prints what a record has, and twenty letters in one job.
import assert from 'node:assert/strict'
import { printed } from '../pages.mjs'

export const scenario = 'charger'
const [sender, receiver] = ['120000', '130000']
const rowsOfBatch = 20

export default async function walk(kit) {
  const { desk, look, check } = kit
  const people = []
  /** someone is a desk that is used again. */
  const someone = async (region, role, org) => {
    const known = people.find((p) => p.is === region + role + org)
    if (known) return known.d
    const d = await desk(region, role, { org })
    people.push({ is: region + role + org, d })
    return d
  }
  await check('letters, notices and receipts of the scenario', letters)
  await check('a case with a designation', designation)
  await check(`${rowsOfBatch} letters in one job`, batch)
  for (const p of people) await p.d.close()

  async function letters() {
    const d = await someone(sender, 'liaison')
    const un = await find(d, 'unqualified', 'UN-120000-')
    await d.to(`/record/${un}`, '.papers a')
    assert.deepEqual((await d.page.locator('.papers a').allTextContents()).map((s) => s.trim()), ['送达回证', '不合格产品通报函'])
    await look(d, 'record-papers')
    const notice = await printed(d, look, 'unqualified_notice', [un], 3)
    assert.match(notice, /津市监管质监抽通〔2025〕18号/)
    assert.match(notice, /河北省市场监督管理局：/)
    assert.match(notice, /草拟版式/)
    await printed(d, null, 'service_receipt', [un], 2)
    const other = await someone(receiver, 'liaison', '131000-SJ')
    const ar = await find(other, 'assistance', 'AR-130000-')
    assert.match(await printed(other, null, 'assistance_letter', [ar], 3), /请于收到本函之日起十五个工作日内/)
  }

  async function designation() {
    const [clerk, head, liaison] = [await someone(sender, 'clerk'), await someone(sender, 'bureau_head'), await someone(sender, 'liaison')]
    const record = await kept(clerk, '现场笔录')
    const ct = await open(clerk, 'case_transfer', {
      case_file_no: '津市监立〔2025〕990号', filed_on: '2025-09-20', party_kind: 'enterprise', party_name: '廊坊（合成）第990充电器厂', party_unidentified: '（合成）主体信息尚在核实',
      cause: 'ccc_missing', facts: '（合成）当事人在天津销售未经强制性产品认证的充电器。'.repeat(12), jurisdiction_ground: 'art7', jurisdiction_note: '（合成）违法行为发生地在河北省廊坊市。', proposed_receiver: `${receiver}-SJ`,
      materials: [{ commitment: record.commitment, size: record.size, kind: 'site_record', pages: 3 }], contact: '（合成）经办人 022-0000000',
    })
    await act(head, ct, 'approve')
    await act(liaison, ct, 'send', { doc_no: '津市监案移〔2025〕990号', payload_root: await keep(liaison, '清单'), receiver_org: `${receiver}-SJ` })
    const letter = await printed(liaison, null, 'case_transfer_letter', [ct], 3)
    assert.match(letter, /现将该案移送你单位处理/)
    assert.doesNotMatch(letter, /当事人在天津销售/, 'facts that are kept at home are a blank')
    await clerk.to(`/print/case_transfer_letter?records=${ct}`, '.print-count')
    await clerk.page.click('.print-bar button:not(.ant-btn-primary) >> nth=1')
    await clerk.page.waitForFunction(() => document.querySelector('.document').textContent.includes('当事人在天津销售'))

    const [otherHead, otherLiaison] = [await someone(receiver, 'bureau_head'), await someone(receiver, 'liaison')]
    await state(otherHead, ct, 'received')
    const lease = await kept(otherHead, '租赁合同')
    await act(otherHead, ct, 'object', {
      objection_ground: '（合成）生产地已迁至天津市武清区，不属于本局管辖。', proposed_org: '120114-SJ', objection_evidence: [{ commitment: lease.commitment, size: lease.size, kind: 'documentary', pages: 6 }],
    })
    await act(otherHead, ct, 'report_superior', { report_doc_no: '冀市监报〔2025〕77号', superior_org: '100000-SJ' })
    const decided = { designation_doc_no: '国市监指管〔2025〕203号', designation_date: '2025-12-04', superior_org: '100000-SJ', designated_org: `${receiver}-SJ` }
    await act(liaison, ct, 'designate_receiver', decided)
    await act(otherLiaison, ct, 'designate_receiver', decided)
    assert.match(await printed(liaison, null, 'designation_notice', [ct], 2), /现指定：\s*本案由河北省市场监督管理局管辖/)
  }

  async function batch() {
    const d = await someone('110000', 'liaison')
    const rows = Array.from({ length: rowsOfBatch }, (_, i) => [
      `P-${i}`, '举报', '以假充真', `（合成）第${i}行：平台店铺销售的产品涉嫌以假充真，已固定网页证据。`, '平台店铺', `（合成）店铺P${i}`, '120114',
      'art10_2', '否', '否', '120000-SJ', `京技管商务消移送〔2025〕${7000 + i}号`, '否',
    ])
    const heads = ['线索编号', '线索来源', '涉嫌案由', '线索内容', '被反映主体类型', '主体名称（自然人须遮蔽，如“张*”）', '实际经营地或者行为地', '管辖依据', '是否实名举报（有须告知的举报人）', '材料中是否包含举报人信息', '接收单位', '线索移送函文号', '本单位是否已就此立案（已立案的依第12条由最先立案者管辖，不得按线索移送）']
    const report = await ask(d, 'POST', '/v1/imports/lead_transfer', { raw: [heads, ...rows].map((r) => r.join(',')).join('\r\n'), type: 'application/octet-stream' })
    const records = report.items.map((i) => i.record)
    assert.equal(new Set(records).size, rowsOfBatch)
    const text = await printed(d, null, 'lead_transfer_letter', records, 2 * rowsOfBatch)
    for (let i = 0; i < rowsOfBatch; i++) assert.ok(text.includes(`京技管商务消移送〔2025〕${7000 + i}号`), `letter ${i}`)
    await d.to('/print/lead_transfer_letter?records=LT-110000-2025-999999', '.print')
    await d.page.waitForSelector('.ant-alert-error, [role=alert]')
  }
}

/** ask sends a request as the page would. */
async function ask(d, method, path, { body, raw, type = 'application/json', headers = {} } = {}) {
  const answer = await d.page.evaluate(
    async ([method, path, body, type, headers]) => {
      const r = await fetch(path, { method, body, headers: { ...(body ? { 'Content-Type': type } : {}), ...headers } })
      return { status: r.status, body: await r.json() }
    },
    [method, path, raw ?? (body ? JSON.stringify(body) : undefined), type, headers],
  )
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

let made = 0
const key = () => '01KPAPER' + Date.now().toString(32).toUpperCase().replace(/[ILOU]/g, 'Z').padStart(9, '0').slice(-9) + String(made++).padStart(9, '0')

const open = async (d, procedure, fields) => (await ask(d, 'POST', '/v1/records', { body: { procedure, fields }, headers: { 'Idempotency-Key': key() } })).record
const kept = (d, text) => ask(d, 'PUT', '/v1/materials', { raw: `（合成）${text} ${made}`, type: 'application/octet-stream', headers: { 'Idempotency-Key': key(), 'Content-Disposition': `attachment; filename*=UTF-8''a.txt` } })
const keep = async (d, text) => (await kept(d, text)).commitment
const find = async (d, procedure, prefix) => (await ask(d, 'GET', `/v1/records?procedure=${procedure}`)).items.map((i) => i.id).filter((id) => id.startsWith(prefix)).sort()[0]

async function act(d, record, event, fields = {}) {
  const now = await ask(d, 'GET', `/v1/records/${record}`)
  await ask(d, 'POST', `/v1/records/${record}/events`, { body: { event, fields }, headers: { 'Idempotency-Key': key(), 'If-Match': `"${now.head}"` } })
}

/** state waits until a record is in a state. */
async function state(d, record, want) {
  await d.page.waitForFunction(async ([record, want]) => (await (await fetch(`/v1/records/${record}`)).json()).state === want, [record, want], { timeout: 15_000, polling: 300 })
}
