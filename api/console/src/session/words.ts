import type { Words } from '../i18n/words'

// Texts of signing in and out.
export const words = {
  'sign.title': { zh: '登录', en: 'Sign in' },
  'sign.how': { zh: '请使用一次性登录链接进入。链接只能使用一次，请向本单位系统管理员索取；演示网络的链接由 make demo 打印，也可用 sandi demo link 生成。', en: 'Come in by a one-time sign-in link. Each works once: ask your bureau\'s system administrator. A demo prints them at its start (make demo); sandi demo link makes more.' },
  'sign.oidc': { zh: '用本局统一身份登录', en: 'Sign in with the bureau\'s own account' },
  'sign.refused': { zh: '统一身份登录未成功：账号须属于本地区的单位并具有岗位角色。请重试，仍不成功请联系系统管理员。', en: 'Signing in did not succeed: the account needs an organisation of this region and an office role. Try again, then tell the system administrator.' },
  'sign.none': { zh: '本节点尚未配置登录方式，请联系系统管理员。', en: 'No way of signing in is configured at this node. Tell the system administrator.' },
  'sign.code': { zh: '登录码（链接中 # 之后的部分）', en: 'Sign-in code (the part of the link after #)' },
  'sign.go': { zh: '进入', en: 'Sign in' },
  'sign.entering': { zh: '正在登录…', en: 'Signing in…' },
  'sign.ended': { zh: '登录已失效，请重新登录。未提交的内容没有保存。', en: 'Your session has ended. Sign in again; what was not submitted is not kept.' },
  'sign.out': { zh: '退出', en: 'Sign out' },
  'sign.everywhere': { zh: '在所有设备上退出', en: 'Sign out everywhere' },
  'sign.left': { zh: '{n} 分钟后自动退出', en: 'signs out in {n} min' },
  'sign.soon': { zh: '{n} 秒后将自动退出', en: 'You will be signed out in {n} s' },
  'sign.stay': { zh: '继续使用', en: 'Stay signed in' },
  'sign.account': { zh: '账号', en: 'Account' },
} as const satisfies Words
