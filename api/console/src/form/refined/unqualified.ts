import { bureau, provinceOf, registered, within, type Refinement } from './refinement'
import { letter } from './shared'

/** The forms of an unqualified product, in the order of the sampling sheet and of the notice. */
export const forms: Record<string, Refinement> = {
  open: {
    groups: [
      { title: { zh: '一、抽样', en: '1 The sampling' }, fields: ['sample_no', 'sampled_on', 'sampling_level', 'place_kind'], more: ['online_order', 'test_qty', 'spare_qty', 'seal_nos', 'sampling_sheet', 'parent_record'] },
      { title: { zh: '二、产品', en: '2 The product' }, fields: ['product_name', 'model', 'batch_no'], more: ['trademark', 'product_code', 'stock_qty', 'bought_qty', 'goods_value'] },
      { title: { zh: '三、被抽样销售者', en: '3 The sampled seller' }, fields: ['seller_name'], more: ['seller_uscc', 'seller_division'] },
      { title: { zh: '四、标称生产者', en: '4 The nominal producer' }, fields: ['producer_name', 'producer_uscc', 'producer_division'] },
    ],
    hints: {
      sample_no: { zh: '抽样单上的编号。例（虚构）：TJ-2025-CJ-0412', en: 'On the sampling sheet. E.g. (invented) TJ-2025-CJ-0412' },
      place_kind: { zh: '只能从待销产品中抽样。', en: 'Only goods for sale are sampled.' },
      online_order: { zh: '网络抽样必填。例（虚构）：某平台，（合成）驰光店，订单 0099-7731', en: 'For online samples. E.g. (invented): platform, shop, order 0099-7731' },
      test_qty: { zh: '检验样品数，不含备用样品。', en: 'Without the spare ones.' },
      product_name: { zh: '例（虚构）：电动自行车充电器', en: 'E.g. (invented): e-bike charger' },
      model: { zh: '铭牌上的规格型号。例（虚构）：RC-4802', en: 'On the plate. E.g. (invented) RC-4802' },
      batch_no: { zh: '例（虚构）：20250611', en: 'E.g. (invented) 20250611' },
      seller_name: { zh: '不在生产者成品库抽样的必填。例（虚构）：天津市武清区（合成）驰光电动车配件经营部', en: 'Unless sampled at the producer\'s. E.g. (invented) 天津市武清区（合成）驰光电动车配件经营部' },
      producer_name: { zh: '产品标注的生产者。例（虚构）：廊坊（合成）瑞驰电子有限公司', en: 'As printed on the product. E.g. (invented) 廊坊（合成）瑞驰电子有限公司' },
      producer_uscc: { zh: '通报生产地时必须有。例（虚构）：91131003XXXX00027R', en: 'Needed for the notice. E.g. (invented) 91131003XXXX00027R' },
      producer_division: { zh: '生产者所在地。例：131003（廊坊市广阳区）。', en: 'Where the producer is, e.g. 131003 (Guangyang, Langfang).' },
      goods_value: { zh: '元，两位小数。例：4800.00', en: 'Yuan, two places, e.g. 4800.00' },
      parent_record: { zh: '产品流向地的子通报填上级通报的编号：抽样单、型号、批次须与它一致，可以带入。', en: 'A notice to where goods went names its parent: sheet, model and batch have to be the same and can be taken over.' },
    },
    needs: { online_order: (v) => v.place_kind === 'online', seller_name: (v) => v.place_kind !== undefined && v.place_kind !== '' && v.place_kind !== 'producer_store' && !v.parent_record },
    offers: { producer_division: registered('producer_uscc'), seller_division: registered('seller_uscc') },
    cautions: [
      {
        when: (v, known) => within(v.producer_division, known.region) && !v.parent_record, // a child notice goes to where the goods are
        text: { zh: '生产者在本地区：结论确认后由本地区处理，不需要通报其他地区。', en: 'The producer is in this region: it is handled here, and no other region is notified.' },
        cite: '18号令 第44条',
        at: 'producer_division',
      },
    ],
    origin: {
      field: 'parent_record',
      from: {
        unqualified: Object.fromEntries(
          ['sample_no', 'sampled_on', 'sampling_level', 'place_kind', 'product_name', 'model', 'batch_no', 'trademark', 'product_code', 'producer_name', 'producer_uscc', 'producer_division'].map((name) => [name, name]),
        ),
      },
    },
  },
  serve_conclusion: {
    groups: [
      { title: { zh: '一、检验报告', en: '1 The report' }, fields: ['lab_report_no', 'lab_report_date', 'lab_report', 'lab_uscc', 'standard', 'failed_items'], more: ['lab_cma_no'] },
      { title: { zh: '二、送达', en: '2 Service' }, fields: ['seller_served_on', 'seller_service', 'producer_served_on', 'producer_service'], more: ['service_receipts'] },
    ],
    hints: {
      lab_report_no: { zh: '例（虚构）：（合成）2025-CJ-0866', en: 'E.g. (invented) （合成）2025-CJ-0866' },
      lab_report: { zh: '上传检验报告；账上只登记摘要。', en: 'The report as a file; the ledger has its digest.' },
      lab_uscc: { zh: '检验机构的信用代码。例（虚构）：12120000XXXX000866', en: 'Of the laboratory. E.g. (invented) 12120000XXXX000866' },
      standard: { zh: '例：GB 42296—2022', en: 'E.g. GB 42296—2022' },
      failed_items: { zh: '任一项不合格即判定不合格，逐项列出。例（虚构）：防触电保护，第8章', en: 'One failing item is enough; list them all. E.g. (invented): protection against shock, clause 8' },
      lab_cma_no: { zh: '12 位资质认定证书编号。', en: 'Twelve digits.' },
      seller_served_on: { zh: '以送达回证上的签收日期为准。', en: 'As signed on the delivery receipt.' },
      producer_served_on: { zh: '两处都送达后，十五日的异议期自最后一次签收起算。', en: 'The fifteen days for an objection run from the later of the two.' },
    },
  },
  notify_producer_region: {
    groups: [
      { title: { zh: '一、通报函', en: '1 The notice' }, fields: ['notified_org', 'doc_no', 'payload_root'], more: ['producer_uscc', 'stock_qty', 'bought_qty', 'goods_value'] },
      { title: { zh: '二、紧急情况', en: '2 Urgent risk' }, fields: [], more: ['urgent_risk', 'urgent_reason'] },
    ],
    hints: {
      ...letter,
      notified_org: { zh: '生产者所在地的同级市场监管部门（省对省、市对市）。', en: 'The bureau of the same level where the producer is.' },
      doc_no: { zh: '通报函文号。例（虚构）：津市监管质监抽通〔2025〕18号', en: 'Of the notice. E.g. (invented) 津市监管质监抽通〔2025〕18号' },
      urgent_risk: { zh: '危及人身安全、结论还没有确认时才选“是”，由负责人批准。', en: 'Yes only for danger to life before the result is final; the head approves.' },
    },
    needs: { urgent_reason: (v) => v.urgent_risk === true },
    offers: { notified_org: bureau('producer_division', provinceOf) },
  },
  feed_back: {
    groups: [{ title: { zh: '反馈', en: 'The answer' }, fields: ['outcome_code', 'outcome_doc_no'], more: ['qty_sealed', 'qty_recalled', 'destinations', 'child_notices'] }],
    hints: { outcome_doc_no: { zh: '反馈函文号。例（虚构）：冀市监复〔2026〕2号', en: 'Of the answer. E.g. (invented) 冀市监复〔2026〕2号' } },
  },
}
