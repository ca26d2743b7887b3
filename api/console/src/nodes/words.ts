import type { Words } from '../i18n/words'

// Texts of the nodes page.
export const words = {
  'nodes.title': { zh: '节点与账本', en: 'Nodes and ledger' },
  'nodes.ledger': { zh: '本节点账本', en: 'This node\'s ledger' },
  'nodes.size': { zh: '条目数', en: 'Entries' },
  'nodes.root': { zh: '树根', en: 'Tree root' },
  'nodes.digest': { zh: '状态摘要', en: 'State digest' },
  'nodes.time': { zh: '账本时间', en: 'Ledger time' },
  'nodes.leader': { zh: '当前主导节点', en: 'Leading now' },
  'nodes.final': { zh: '已成为最终', en: 'Final up to' },
  'nodes.published': { zh: '已公布', en: 'Published up to' },
  'nodes.by': { zh: '共签地区', en: 'cosigned by' },
  'nodes.network': { zh: '各地节点', en: 'Nodes of the network' },
  'nodes.voter': { zh: '有表决权', en: 'voter' },
  'nodes.standby': { zh: '备用', en: 'standby' },
  'nodes.none': { zh: '未参与', en: 'not taking part' },
  'nodes.leads': { zh: '主导', en: 'leads' },
  'nodes.here': { zh: '本节点', en: 'this node' },
  'nodes.state.up': { zh: '正常', en: 'up' },
  'nodes.state.suspect': { zh: '可疑', en: 'suspect' },
  'nodes.state.down': { zh: '失联', en: 'down' },
  'nodes.state.unknown': { zh: '未知', en: 'unknown' },
  'nodes.warning': { zh: '需要处理', en: 'To be looked into' },
  'nodes.diagram': { zh: '节点连接示意图（非地图）', en: 'Diagram of the nodes (not a map)' },
} as const satisfies Words
