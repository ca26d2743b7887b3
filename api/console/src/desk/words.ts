import type { Words } from '../i18n/words'

// Texts of the desk.
export const words = {
  'desk.greeting': { zh: '{name}，您好', en: 'Good day, {name}' },
  'desk.overdue': { zh: '已逾期', en: 'Overdue' },
  'desk.soon': { zh: '三日内到期', en: 'Due within 3 days' },
  'desk.owed': { zh: '本地区在办期限', en: 'Limits we owe' },
  'desk.more': { zh: '不少于 {n}', en: '{n} or more' },
  'desk.todo': { zh: '待办', en: 'To do' },
  'desk.in': { zh: '收', en: 'Received' },
  'desk.out': { zh: '发', en: 'Sent' },
  'desk.done': { zh: '已办', en: 'Done' },
  'desk.todo.help': { zh: '本地区负有期限的事项，最早到期的在前', en: 'What our region owes, the earliest limit first' },
  'desk.in.help': { zh: '其他地区发起、本地区参与的事项', en: 'Opened by other regions, we take part' },
  'desk.out.help': { zh: '本地区发起的事项', en: 'Opened by our region' },
  'desk.done.help': { zh: '目前本地区没有未尽期限的事项', en: 'Nothing is owed by our region now' },
  'desk.empty.todo': { zh: '目前没有本地区应办的期限。需要时可从“发起新的事项”开始。', en: 'Nothing is owed now. When something comes up, begin it under “Start something new”.' },
  'desk.empty': { zh: '这里还没有记录。', en: 'No records here yet.' },
  'desk.new': { zh: '发起', en: 'Start' },
  'desk.new.what': { zh: '发起新的事项', en: 'Start something new' },
  'desk.nothing.to.start': { zh: '您的岗位不能发起事项', en: 'Your office opens no records' },
} as const satisfies Words
