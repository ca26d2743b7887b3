import { bureau, today, type Refinement } from './refinement'
import { acceptance, isPerson, letter, party, platformShop, unmasked } from './shared'

/** Part A of the platform reports: the sender could act itself, and must decide before it sends. */
const ownOrTheirs = {
  when: platformShop,
  sheet: true,
  text: {
    zh: '这一线索本单位也可能有权自己办：平台经营者住所地的部门先发现线索或者先收到投诉、举报的，也可以管辖（第10条第2款后一句）。请先决定自办还是移送：一旦本单位立案，依第12条由最先立案的部门管辖，之后再移送就是错误的。',
    en: 'You may be competent yourself: the bureau at the platform\'s domicile that found the lead first, or got the complaint, may act too (art. 10 p. 2, second sentence). Decide first: once you file, art. 12 gives the case to the first to file, and a transfer after that would be wrong.',
  },
  cite: '程序规定 第10条第2款、第12条',
  at: 'jurisdiction_ground',
}

/** The law wants a name or the id of a shop. */
const named = (v: Record<string, unknown>) => (!v.party_name && !v.shop_id ? 'either' : false)

/** The forms of a lead transfer. */
export const forms: Record<string, Refinement> = {
  open: {
    groups: [
      { title: { zh: '一、线索', en: '1 The lead' }, fields: ['lead_no', 'source_code', 'cause', 'clue'], more: ['found_on', 'origin_record', 'distinct_case_reason'] },
      { title: { zh: '二、被反映的主体', en: '2 Whom it is about' }, fields: ['party_kind', 'party_name', 'shop_id'], more: ['party_uscc', 'party_identity', 'platform_uscc'] },
      { title: { zh: '三、为什么由对方管辖', en: '3 Why the other bureau is competent' }, fields: ['actual_division', 'jurisdiction_ground'], more: ['jurisdiction_note', 'place'] },
      { title: { zh: '四、举报人和材料', en: '4 The reporter and the materials' }, fields: ['named_reporter', 'reporter_included', 'materials'], more: ['reporter_reason', 'contact'] },
    ],
    hints: {
      ...party,
      ...letter,
      lead_no: { zh: '本单位登记线索的编号，同一编号只能移送一次。例（虚构）：DX-2025-0073', en: 'Your own number; each moves once. E.g. (invented) DX-2025-0073' },
      clue: { zh: '谁反映什么、证据在哪里。不写举报人信息。例（虚构）：平台店铺销售的充电器无认证标志，网页截图三张。', en: 'What is alleged and where the evidence is; nothing about the reporter. E.g. (invented): chargers without the CCC mark, three screenshots.' },
      party_name: { zh: '主体名称和店铺编号至少填一项。例（虚构）：（合成）启明电器店；自然人写“张*”。', en: 'This or the shop id. E.g. (invented) （合成）启明电器店; a natural person as "张*".' },
      shop_id: { zh: '平台上的店铺编号。例（虚构）：SHOP-00731', en: 'As on the platform. E.g. (invented) SHOP-00731' },
      platform_uscc: { zh: '平台经营者（不是店铺）的信用代码。例（虚构）：91110115XXXX00035H', en: 'Of the platform\'s operator, not of the shop. E.g. (invented) 91110115XXXX00035H' },
      jurisdiction_ground: { zh: '平台店铺一般是第10条第2款（实际经营地）。', en: 'For a shop on a platform mostly art. 10 p. 2 (where it does business).' },
      jurisdiction_note: { zh: '怎样查明实际经营地。例（虚构）：退货地址在保定市竞秀区。', en: 'How the place was found. E.g. (invented): goods are returned to Jingxiu, Baoding.' },
      named_reporter: { zh: '有实名举报人的选“是”：对方须在作出是否立案决定后五个工作日内告知。', en: 'Yes if somebody gave a name: the receiver has to tell them within five working days of its decision.' },
      reporter_included: { zh: '一般应为“否”：举报人信息不随线索移送。', en: 'Normally no: who reported is not part of a transfer.' },
      reporter_reason: { zh: '确需提供举报人信息的理由。', en: 'Why the reporter has to be identified.' },
    },
    needs: { party_identity: isPerson, reporter_reason: (v) => v.reporter_included === true, party_name: named, shop_id: named },
    offers: { found_on: today },
    cautions: [
      unmasked,
      ownOrTheirs,
      {
        when: (v) => v.reporter_included === true,
        text: { zh: '材料中有举报人信息：上账的清单会一直留存。能遮蔽的请先遮蔽后重新上传。', en: 'The materials identify the reporter. Redact them and put them in again if that is possible.' },
        cite: '程序规定 第5条',
        at: 'reporter_included',
      },
    ],
    origin: {
      field: 'origin_record',
      from: { unqualified: { party_name: 'producer_name', party_uscc: 'producer_uscc', actual_division: 'producer_division' } },
    },
  },
  send: {
    groups: [
      { title: { zh: '一、先确认', en: '1 First of all' }, fields: ['sender_filed'] },
      { title: { zh: '二、移送函', en: '2 The letter' }, fields: ['receiver_org', 'doc_no', 'payload_root'], more: ['distinct_case_reason'] },
    ],
    hints: {
      ...letter,
      sender_filed: { zh: '已经立案的选“是”，系统会拒绝移送；应当按案件移送（第14条）或者由本单位继续办理。', en: 'Yes if you have filed: the transfer is then refused; the case is yours or moves as a case (art. 14).' },
      doc_no: { zh: '线索移送函文号。例（虚构）：京技管商务消移送〔2025〕1007号', en: 'Of the letter. E.g. (invented) 京技管商务消移送〔2025〕1007号' },
      receiver_org: { zh: '实际经营地的市场监管部门。', en: 'The bureau where the business is done.' },
    },
    offers: { receiver_org: bureau('actual_division') },
    cautions: [ownOrTheirs],
  },
  accept: {
    groups: acceptance,
    hints: { handlers: { zh: '谁来核查。例（虚构）：冀A-0001，王*', en: 'Who verifies it. E.g. (invented) 冀A-0001, 王*' } },
    cautions: [
      {
        when: () => true,
        text: { zh: '十五个工作日的核查期限已自签收起算。不属于本单位管辖的，请由负责人退回（只能退回一次），不要接收。', en: 'The fifteen working days began with the receipt. If it is not yours, the head returns it (once) instead of your accepting it.' },
        cite: '程序规定 第18条',
      },
    ],
  },
  return_not_competent: {
    groups: [{ title: { zh: '退回', en: 'The return' }, fields: ['return_ground', 'suggested_org'] }],
    hints: {
      return_ground: { zh: '查明了什么，为什么不归本单位。例（虚构）：店铺仓库已于五月迁至天津市武清区。', en: 'What was found. E.g. (invented): the warehouse moved to Wuqing, Tianjin, in May.' },
      suggested_org: { zh: '应当由谁管辖，供移送方改送。', en: 'Who is competent, for the sender to resend to.' },
    },
    cautions: [
      {
        when: () => true,
        text: { zh: '同一线索只能退回一次；再有争议的依第13条协商，协商不成报请共同的上一级。', en: 'A lead is returned once; a further dispute is negotiated and then goes to the common superior (art. 13).' },
        cite: '程序规定 第13条',
      },
    ],
  },
  feed_back: {
    groups: [{ title: { zh: '反馈', en: 'The answer' }, fields: ['outcome_code', 'outcome_doc_no', 'reporter_informed_on'] }],
    hints: {
      outcome_code: { zh: '须与本记录上的决定一致。', en: 'As decided on this record.' },
      outcome_doc_no: { zh: '反馈函文号。例（虚构）：冀市监复〔2025〕31号', en: 'Of the answer. E.g. (invented) 冀市监复〔2025〕31号' },
      reporter_informed_on: { zh: '有实名举报人的必填：哪一天告知的。', en: 'With a named reporter: the day they were told.' },
    },
    needs: { reporter_informed_on: (v) => v.named_reporter === true },
    offers: { reporter_informed_on: today },
  },
}
