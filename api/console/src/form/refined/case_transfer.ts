import { bureau, registered, type Refinement } from './refinement'
import { acceptance, approved, isPerson, letter, party, platformShop, unmasked } from './shared'

const organisations = ['enterprise', 'individual_business', 'public_institution']
const organised = (v: Record<string, unknown>) => organisations.includes(String(v.party_kind))
/** The law wants one of the three of an organisation. */
const identified = (v: Record<string, unknown>) => (organised(v) && !v.party_uscc && !v.party_legacy_no && !v.party_unidentified ? 'either' : false)

const receiver = approved('proposed_receiver', 'receiver_org')

/** So many days before a seizure ends the sender has to settle it first (the law warns of as many when the letter is sent). */
const seizureDays = 21

const daysFrom = (from: string, to: unknown) => (typeof to === 'string' ? (Date.parse(to) - Date.parse(from)) / 86_400_000 : NaN)

/** Whoever filed a case about a shop on a platform may be the one who keeps it. */
const filedFirst = {
  when: platformShop,
  sheet: true,
  text: {
    zh: '平台内经营者的案件：平台经营者住所地的部门先发现线索或者先收到投诉举报的，依第10条第2款后一句也可以管辖；本单位既已立案，多个部门都有管辖权的依第12条由最先立案的部门管辖，此时移送是错误的。请先确认本单位确无管辖权。',
    en: 'A shop on a platform: the bureau at the platform\'s domicile that found it first, or got the complaint, may act too (art. 10 p. 2, second sentence). You have filed; among several competent bureaus the first to file has jurisdiction (art. 12), and a transfer would then be wrong. Make sure that you have none.',
  },
  cite: '程序规定 第10条第2款、第12条',
  at: 'jurisdiction_ground',
}

const onlyOnce = {
  when: () => true,
  text: {
    zh: '案件只能移送一次：受移送单位有异议的报请共同的上一级指定管辖，不得再移送。受移送单位须与批准的一致。',
    en: 'A case moves once: a receiver that disputes it turns to the common superior and may not send it on. The receiver has to be the one approved.',
  },
  cite: '程序规定 第14条',
}

/** The forms of a case transfer, in the order of the transfer letter (form 4). */
export const forms: Record<string, Refinement> = {
  open: {
    groups: [
      { title: { zh: '一、案件', en: '1 The case' }, fields: ['case_file_no', 'filed_on', 'cause'], more: ['source_code', 'cause_note', 'origin_record', 'distinct_case_reason'] },
      { title: { zh: '二、当事人', en: '2 The party' }, fields: ['party_kind', 'party_name', 'party_uscc', 'party_unidentified'], more: ['party_legacy_no', 'party_identity', 'registered_division'] },
      { title: { zh: '三、案情', en: '3 The facts' }, fields: ['facts'], more: ['property_list', 'seizure_expires'] },
      { title: { zh: '四、为什么不归本单位，移送给谁', en: '4 Why it is not ours, and where it goes' }, fields: ['actual_division', 'jurisdiction_ground', 'jurisdiction_note', 'proposed_receiver'] },
      { title: { zh: '五、材料和联系人', en: '5 Materials and contact' }, fields: ['materials', 'contact'] },
    ],
    hints: {
      ...party,
      ...letter,
      case_file_no: { zh: '立案审批表上的编号。未立案的材料请改用“线索移送”。', en: 'From the filing form. What is not filed moves as a lead, not as a case.' },
      filed_on: { zh: '负责人批准立案之日，不得晚于今日。', en: 'The day the filing was approved; not in the future.' },
      cause: { zh: '选最主要的一项；都不合适选“其他”并说明。', en: 'The main one; "Other" needs a note.' },
      party_unidentified: { zh: '没有信用代码、也没有旧注册号时，说明主体为何尚未查明。例（虚构）：当事人无照经营，身份尚在核实。', en: 'Without a credit code and a legacy number: why not. E.g. (invented): unlicensed trader, identity being checked.' },
      registered_division: { zh: '营业执照登记机关所在地，6 位代码。', en: 'Where the licence was issued, six digits.' },
      facts: { zh: '何时、何地、何人、做了什么、数量和货值、已经采取的措施。例（虚构）：2025年10月20日在大兴某工地查获短米电缆12卷……', en: 'When, where, who, what, how much, what was done already. E.g. (invented): on 20 October 2025 twelve reels of short cable were found on a site in Daxing…' },
      jurisdiction_ground: { zh: '本单位没有管辖权所依据的条款。生产、经营行为在外地的一般是第7条。', en: 'The article by which it is not ours. Where the act was committed elsewhere: mostly art. 7.' },
      jurisdiction_note: { zh: '一两句话，会印在移送函上。例（虚构）：生产场所位于保定市竞秀区，不在本区。', en: 'A sentence or two; it is printed in the letter. E.g. (invented): the workshop is in Jingxiu, Baoding.' },
      proposed_receiver: { zh: '供负责人批准；发函时须与此一致。', en: 'For the head to approve; the letter has to go there.' },
      seizure_expires: { zh: '有查封、扣押的，填最早到期的一天。', en: 'With a seizure: the day the first one ends.' },
    },
    needs: {
      party_uscc: identified,
      party_unidentified: identified,
      party_identity: isPerson,
      cause_note: (v) => v.cause === 'other',
    },
    offers: { registered_division: registered('party_uscc'), actual_division: registered('party_uscc'), proposed_receiver: bureau('actual_division') },
    cautions: [
      unmasked,
      filedFirst,
      {
        when: (v, known) => known.today !== '' && daysFrom(known.today, v.seizure_expires) < seizureDays,
        text: { zh: '查封、扣押将在移送办理期间到期，请先处理（延长、解除或者先行登记保存）再移送。', en: 'A seizure ends while the transfer is under way: extend, lift or replace it first.' },
        cite: '程序规定 第38条',
        at: 'seizure_expires',
      },
      {
        when: (v, known) => typeof v.filed_on === 'string' && known.today !== '' && v.filed_on.trim() > known.today,
        text: { zh: '立案日期晚于今日，不会被接受。', en: 'The date of filing lies in the future and will be refused.' },
        cite: '程序规定 第14条',
        at: 'filed_on',
      },
    ],
    origin: {
      field: 'origin_record',
      from: {
        lead_transfer: { cause: 'cause', case_file_no: 'case_file_no', party_kind: 'party_kind', party_name: 'party_name', party_uscc: 'party_uscc', actual_division: 'actual_division', source_code: 'source_code' },
        unqualified: { case_file_no: 'case_file_no', party_name: 'producer_name', party_uscc: 'producer_uscc', actual_division: 'producer_division' },
      },
    },
  },
  send: {
    groups: [
      { title: { zh: '一、移送函', en: '1 The letter' }, fields: ['doc_no', 'receiver_org'] },
      { title: { zh: '二、随函材料', en: '2 What goes with it' }, fields: ['payload_root'], more: ['distinct_case_reason'] },
    ],
    hints: {
      ...letter,
      ...receiver.hints,
      distinct_case_reason: party.distinct_case_reason,
      doc_no: { zh: '移送函上的文号，与纸质函一致。例（虚构）：京市监案移〔2025〕12号', en: 'As on the letter. E.g. (invented) 京市监案移〔2025〕12号' },
    },
    begins: receiver.begins,
    cautions: [onlyOnce, filedFirst],
  },
  accept: {
    groups: acceptance,
    hints: {
      handlers: { zh: '至少两名执法人员和证号。例（虚构）：冀A-0001，王*', en: 'At least two officers with their numbers. E.g. (invented) 冀A-0001, 王*' },
      payload_check: { zh: '可以再上传一次收到的总清单，与移送方的摘要核对。', en: 'The list as received may be put in again, to be held against the sender\'s digest.' },
    },
    cautions: [
      {
        when: () => true,
        text: { zh: '十五个工作日的核查期限已自签收起算，不因接收而重新计算；对管辖有异议的请在期限内提出异议，不要再移送。', en: 'The fifteen working days began with the receipt and do not begin again now. Whoever disputes the jurisdiction objects in time and does not send the case on.' },
        cite: '程序规定 第14条、第18条',
      },
    ],
  },
}
