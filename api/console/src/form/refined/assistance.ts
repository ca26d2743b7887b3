import type { FormValue, FormValues } from '../model'
import type { Refinement } from './refinement'
import { approved, letter, party } from './shared'

/** rowsFor begins a list with a row for each matter of the request, by its number. */
const rowsFor = (matters: unknown): FormValue[] | undefined => {
  if (!Array.isArray(matters) || matters.length === 0) return undefined
  return matters.map((m: { no?: unknown }, i) => ({ no: String(m?.no ?? i + 1) }))
}

const assistant = approved('proposed_assistant', 'assistant_org')
const fieldwork = ['premises_check', 'interview']
const asks = (v: Record<string, unknown>, kinds: string[]) => Array.isArray(v.matters) && v.matters.some((m: { kind?: unknown } | undefined) => kinds.includes(String(m?.kind)))

/** The forms of an assistance request, in the order of its letter (form 17). */
export const forms: Record<string, Refinement> = {
  open: {
    groups: [
      { title: { zh: '一、本单位的案件', en: '1 Our case' }, fields: ['case_file_no', 'legal_basis'], more: ['origin_record', 'background'] },
      { title: { zh: '二、请对方做什么', en: '2 What is asked' }, fields: ['matters', 'fieldwork'], more: ['wished_by', 'materials'] },
      { title: { zh: '三、请谁协助，有疑问找谁', en: '3 Whom we ask, and who answers questions' }, fields: ['proposed_assistant', 'contact'] },
    ],
    hints: {
      ...letter,
      origin_record: party.origin_record,
      case_file_no: { zh: '本单位已经立案的案件。例（虚构）：冀廊市监立〔2025〕37号', en: 'Of the case that you have filed. E.g. (invented) 冀廊市监立〔2025〕37号' },
      legal_basis: { zh: '一行一条，已填常用依据，可增减。', en: 'One a line; the usual one is filled in.' },
      background: { zh: '对方要知道的案情，不写与协查无关的内容。只存于本单位，随函印出。', en: 'What the other bureau has to know. It stays in the bureau and is printed in the letter.' },
      matters: { zh: '一项只问一件事，对方逐项答复。例（虚构）：1，购销台账，提供2025年6月购进RC-4802充电器的台账和发票。不写个人信息。', en: 'One question each; each gets its own answer. E.g. (invented): 1, trade ledger, the purchase of RC-4802 chargers in June 2025. No personal data.' },
      fieldwork: { zh: '有询问或者现场检查的选“是”：对方须派两名以上执法人员。', en: 'Yes with interviews or site checks: the other bureau then sends two officers or more.' },
      wished_by: { zh: '只是希望，不改变十五个工作日的期限。', en: 'A wish; the fifteen working days stay.' },
      proposed_assistant: { zh: '有职权的单位，供负责人批准；发函时须与此一致。', en: 'A bureau with the powers; for the head to approve, and the letter goes there.' },
    },
    begins: () => ({ legal_basis: ['《市场监督管理行政处罚程序规定》第四十五条'], matters: [{ no: '1' }] }),
    cautions: [
      {
        when: (v) => v.fieldwork === false && asks(v, fieldwork),
        text: { zh: '事项中有询问或者现场检查，“是否包含”应选“是”。', en: 'There are interviews or site checks among the matters: say yes.' },
        cite: '程序规定 第22条',
        at: 'fieldwork',
      },
    ],
    origin: {
      field: 'origin_record',
      from: {
        case_transfer: { case_file_no: ['handling_case_no', 'case_file_no'] },
        lead_transfer: { case_file_no: 'case_file_no' },
        unqualified: { case_file_no: 'case_file_no' },
      },
    },
  },
  send: {
    groups: [{ title: { zh: '协助调查函', en: 'The letter' }, fields: ['doc_no', 'assistant_org', 'payload_root'] }],
    hints: {
      ...letter,
      ...assistant.hints,
      doc_no: { zh: '协助调查函文号。例（虚构）：冀市监协查〔2025〕9号', en: 'Of the letter. E.g. (invented) 冀市监协查〔2025〕9号' },
    },
    begins: assistant.begins,
  },
  take_up: {
    groups: [{ title: { zh: '受理', en: 'Taking it up' }, fields: ['handlers'] }],
    hints: { handlers: { zh: '有询问或者现场检查的不少于两人。例（虚构）：津A-0102，李*', en: 'Two or more for interviews and site checks. E.g. (invented) 津A-0102, 李*' } },
  },
  reply: {
    groups: [
      { title: { zh: '一、复函', en: '1 The reply' }, fields: ['reply_doc_no', 'answers', 'answer_text'] },
      { title: { zh: '二、证据', en: '2 Evidence' }, fields: ['collection_method'], more: ['evidence', 'served_on'] },
    ],
    hints: {
      reply_doc_no: { zh: '复函文号。例（虚构）：津市监协复〔2025〕4号', en: 'Of the reply. E.g. (invented) 津市监协复〔2025〕4号' },
      answers: { zh: '已按来函事项逐项列出；每项都要答复，做不到的选“无法协助”并说明。', en: 'One row for each matter of the letter; all need an answer, "unable" with a note where so.' },
      answer_text: { zh: '逐项写明查到了什么。只存于本单位，随函移交。', en: 'What was found, matter by matter. It stays in the bureau and goes along with the letter.' },
      collection_method: { zh: '证据怎样取得，对方据此审查。例（虚构）：两名执法人员现场提取，复制件经当事人核对签章。', en: 'How the evidence was got; the other bureau judges it by this. E.g. (invented): taken on site by two officers, copies signed by the party.' },
      served_on: { zh: '受托送达文书的，填受送达人签收日期。', en: 'If a document was served for them: the day it was signed for.' },
    },
    begins: ({ fields }): FormValues => {
      const answers = rowsFor(fields.matters)
      return answers === undefined ? {} : { answers }
    },
    needs: { served_on: (v) => asks(v, ['serve_document']) },
  },
  acknowledge: {
    groups: [{ title: { zh: '确认', en: 'Acknowledgement' }, fields: ['usable'] }],
    hints: { usable: { zh: '已按来函事项逐项列出；收到的证据仍须查证属实。', en: 'One row for each matter; the evidence still has to be verified.' } },
    begins: ({ fields }): FormValues => {
      const usable = rowsFor(fields.answers)
      return usable === undefined ? {} : { usable }
    },
  },
}
