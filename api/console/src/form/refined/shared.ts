import type { Label } from '../../i18n/lang'
import type { Caution, Group, Refinement } from './refinement'

// What several refined forms say alike. Every example is invented and says so.

/** The hints of fields that are the same in every letter. */
export const letter = {
  payload_root: { zh: '上传随函材料总清单（文件）。账上只登记其摘要，对方节点按此核对收到的材料。', en: 'The list of all materials that go along, as a file. The ledger keeps its digest; the receiver\'s node holds what arrives against it.' },
  contact: { zh: '对方有疑问时找谁。例（虚构）：赵某，022-0000-0000。账上只有承诺值。', en: 'Whom to ask. E.g. (invented) Zhao, 022-0000-0000. The ledger has a commitment only.' },
  materials: { zh: '每份材料一项：选文件、选种类、写页数。文件存入本单位保管库，随函移交给对方。', en: 'One item for each: file, kind, pages. Files go into the bureau\'s vault and to the receiver with the letter.' },
} satisfies Record<string, Label>

/** The hints of a party. */
export const party = {
  party_name: { zh: '营业执照上的全称。例（虚构）：廊坊（合成）瑞驰电子有限公司。自然人写“张*”。', en: 'As on the licence. E.g. (invented) 廊坊（合成）瑞驰电子有限公司. A natural person as "张*".' },
  party_uscc: { zh: '营业执照上的 18 位代码。例（虚构）：91131003XXXX00027R', en: '18 characters, on the licence. E.g. (invented) 91131003XXXX00027R' },
  party_identity: { zh: '当事人是自然人时填写真实姓名和证件号码；账上只有承诺值，任何单位看不到内容。', en: 'For natural persons: real name and identity number. The ledger has a commitment; no bureau reads it there.' },
  actual_division: { zh: '在哪里经营、在哪里实施的违法行为。例：131003（廊坊市广阳区）。管辖通常看这里，不看登记地。', en: 'Where the business is done or the act was committed, e.g. 131003 (Guangyang, Langfang). Jurisdiction mostly follows it, not the registration.' },
  origin_record: { zh: '由平台上另一条记录引出的，填它的编号，可以带入已有内容。', en: 'When another record here led to this, its id; what it says can be taken over.' },
  distinct_case_reason: { zh: '同一当事人此前有移送来的案件时才需要：说明为什么是另一案。', en: 'Only if a case against the same party was transferred to us before: why this is another.' },
} satisfies Record<string, Label>

/** acceptance is the form of an office that takes over what came; it may hold the list of it against the sender's. */
export const acceptance: Group[] = [{ title: { zh: '接收', en: 'Acceptance' }, fields: ['handlers'], more: ['payload_check'] }]

/** approved fills in whom a letter goes to with whom the head has approved: the law takes nobody else. */
export const approved = (from: string, to: string): Required<Pick<Refinement, 'begins' | 'hints'>> => ({
  begins: ({ fields }) => {
    const org = fields[from]
    return typeof org === 'string' ? { [to]: org } : {}
  },
  hints: { [to]: { zh: '已按批准的单位填入；不一致的不会被接受。', en: 'Filled in with the one approved; any other is refused.' } },
})

/** isPerson: the name is masked and the full identity goes where only a commitment of it is shown. */
export const isPerson = (v: Record<string, unknown>) => v.party_kind === 'natural_person'

/** A natural person's name has to be masked before it is signed: it would stand on the ledger for ever. */
export const unmasked: Caution = {
  when: (v) => isPerson(v) && typeof v.party_name === 'string' && v.party_name.trim() !== '' && !v.party_name.includes('*'),
  text: { zh: '自然人姓名上账后不能删除，请先遮蔽（如“张*”），完整身份填入“自然人姓名和证件号码”。', en: 'A name on the ledger can never be taken off it: mask it ("张*") and put the full identity into the committed field.' },
  cite: '程序规定 第5条',
  at: 'party_name',
}

/** platformShop: the ground is that a shop on a platform really does business elsewhere. */
export const platformShop = (v: Record<string, unknown>) => v.jurisdiction_ground === 'art10_2'
