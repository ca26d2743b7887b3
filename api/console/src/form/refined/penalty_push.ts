import { bureau, provinceOf, registered, today, within, type Refinement } from './refinement'
import { letter } from './shared'

/** The forms of a penalty that is published where the party is registered. */
export const forms: Record<string, Refinement> = {
  open: {
    groups: [
      { title: { zh: '一、处罚决定', en: '1 The decision' }, fields: ['decision_doc_no', 'decision_date', 'authority'], more: ['source_record'] },
      { title: { zh: '二、当事人', en: '2 The party' }, fields: ['party_name', 'party_uscc', 'party_division'] },
      { title: { zh: '三、公示内容', en: '3 What is published' }, fields: ['violation_type', 'content', 'original_copy', 'redacted_copy'] },
    ],
    hints: {
      decision_doc_no: { zh: '行政处罚决定书文号。例（虚构）：冀保市监罚〔2026〕3号', en: 'Of the decision. E.g. (invented) 冀保市监罚〔2026〕3号' },
      decision_date: { zh: '推送期限自此日起算。', en: 'The limit for the push runs from this day.' },
      authority: { zh: '已填本单位；由下级单位作出的请改选。', en: 'Filled in with your own; choose another if one below you decided.' },
      party_name: { zh: '营业执照上的全称。例（虚构）：北京（合成）恒缆商贸有限公司', en: 'As on the licence. E.g. (invented) 北京（合成）恒缆商贸有限公司' },
      party_uscc: { zh: '例（虚构）：91110115XXXX00051K', en: 'E.g. (invented) 91110115XXXX00051K' },
      party_division: { zh: '登记地，6 位代码；在本省（市）登记的不用推送。', en: 'Where it is registered; in your own province nothing is pushed.' },
      violation_type: { zh: '例（虚构）：以不合格产品冒充合格产品', en: 'E.g. (invented): unqualified products sold as qualified' },
      content: { zh: '与公示文本一致，已遮蔽个人信息。例（虚构）：没收违法产品，罚款二万元。', en: 'As published, redacted. E.g. (invented): goods confiscated, fine of 20,000 yuan.' },
      original_copy: { zh: '决定书原件（文件）。账上只登记摘要，不公开。', en: 'The decision itself, as a file. Only its digest goes onto the ledger.' },
      redacted_copy: { zh: '另行制作的公示文本：除应遮蔽的内容外与送达的决定书一致。不能与原件是同一个文件。', en: 'The copy to be published, redacted but otherwise the same. It cannot be the same file.' },
      source_record: { zh: '处罚由平台上的案件而来的，填该记录编号，可以带入文号和日期。', en: 'If the decision comes from a record here: its id; number and date can be taken over.' },
    },
    begins: ({ org }) => ({ authority: org }),
    offers: { party_division: registered('party_uscc'), decision_date: today },
    cautions: [
      {
        when: (v, known) => within(v.party_division, known.region),
        text: { zh: '当事人在本省（市）登记：依第9条在本地公示，不用推送。', en: 'The party is registered in your own province: it is published here (art. 9), not pushed.' },
        cite: '信息公示规定 第9条',
        at: 'party_division',
      },
      {
        when: (v) => typeof v.original_copy === 'string' && v.original_copy !== '' && v.original_copy === v.redacted_copy,
        text: { zh: '两个文件相同：公示文本应当另行制作并遮蔽。', en: 'Both files are the same: the published copy is redacted and a document of its own.' },
        cite: '信息公示规定 第7条',
        at: 'redacted_copy',
      },
    ],
    origin: {
      field: 'source_record',
      from: {
        case_transfer: { decision_doc_no: 'decision_doc_no', decision_date: 'decision_date', party_name: 'party_name', party_uscc: 'party_uscc', party_division: 'registered_division' },
        unqualified: { decision_doc_no: 'decision_doc_no', decision_date: 'decision_date', party_name: 'producer_name', party_uscc: 'producer_uscc', party_division: 'producer_division' },
      },
    },
  },
  push: {
    groups: [{ title: { zh: '推送', en: 'The push' }, fields: ['registration_org', 'payload_root'] }],
    hints: { ...letter, registration_org: { zh: '当事人登记地的省级市场监管部门。', en: 'The provincial bureau where the party is registered.' } },
    offers: { registration_org: bureau('party_division', provinceOf) },
  },
  publish: {
    groups: [{ title: { zh: '公示', en: 'The publication' }, fields: ['publication_ref', 'published_copy'] }],
    hints: {
      publication_ref: { zh: '公示系统的编号或者网址。例（虚构）：GS-110000-2026-0007', en: 'Number or address. E.g. (invented) GS-110000-2026-0007' },
      published_copy: { zh: '实际公示的文本；须与推送的公示文本一致。', en: 'The copy as published; the same as the one pushed.' },
    },
  },
}
