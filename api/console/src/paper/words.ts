import type { Words } from '../i18n/words'

// Texts of documents to print. The documents themselves come from the bureau's templates, in Chinese.
export const words = {
  'paper.title': { zh: '可打印的文书', en: 'Documents to print' },
  'paper.none': { zh: '目前没有可打印的文书；发函、送达等步骤办理之后，文书显示在这里。', en: 'No document to print yet; letters show here once they are sent or served.' },
  'paper.open': { zh: '打印', en: 'Print' },
  'paper.verifier': { zh: '验证码核验页（可存盘离线使用）', en: 'Page that verifies the codes (save it: it works offline)' },
  'paper.print': { zh: '打印或者存为 PDF', en: 'Print or save as PDF' },
  'paper.job': { zh: '打印 {n} 份文书', en: 'Print {n} {n:document|documents}' },
  'paper.sheets': { zh: '共 {n} 页', en: '{n} {n:page|pages}' },
  'paper.hint': { zh: 'A4 纸，缩放 100%，不加页眉页脚。', en: 'A4 paper, scale 100 %, without headers and footers.' },
  'paper.private': { zh: '填入仅存于本单位的内容（将留下查阅记录）', en: 'Fill in what is kept in the bureau only (this is logged)' },
  'paper.blanks': { zh: '账上没有的内容印为空白横线，由经办人手工填写。', en: 'What is not on the ledger is printed as a blank line, to be filled in by hand.' },
  'paper.pending': { zh: '有文书的验证码尚在等待共签，几秒后自动补上。', en: 'Codes of some documents wait for cosignatures; they appear by themselves within seconds.' },
  'paper.empty': { zh: '没有指定要打印的记录。请从记录页的“文书”，或者批量导入的结果中打开打印。', en: 'No record to print was named. Open the print from a record\'s documents or from what an import made.' },
  'paper.many': { zh: '一次最多打印 {n} 份，请分批打印。', en: 'At most {n} {n:document|documents} at a time: print them in parts.' },
  'paper.back': { zh: '返回', en: 'Back' },
  'paper.failed': { zh: '{record}：没有这份文书', en: '{record}: there is no such document' },
} as const satisfies Words
