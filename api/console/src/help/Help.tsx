import { Button } from 'antd'
import { Panel } from '../frame/Panel'
import { useSpeech } from '../i18n/lang'
import type { Key } from '../i18n/dict'
import { tourAgain } from '../tour/Tour'
import { Guide } from './Guide'
import { terms } from './terms'

const keys: [string, Key][] = [
  ['Tab / Shift + Tab', 'help.key.tab'],
  ['Enter', 'help.key.enter'],
  ['Space', 'help.key.space'],
  ['↑ ↓ ← →', 'help.key.arrows'],
  ['Esc', 'help.key.esc'],
  ['2025-11-10', 'help.key.dates'],
]

const mends: Key[] = ['help.wrong.refused', 'help.wrong.off', 'help.wrong.away', 'help.wrong.mistake', 'help.wrong.sign']

/** Help is what to know to begin, what keys do, what to do when something goes wrong, and the terms in both languages. */
export default function Help() {
  const { t } = useSpeech()
  return (
    <div className="page narrow">
      <h1 className="greeting">{t('help.title')}</h1>
      <Panel title={t('help.begin')}>
        <Guide />
        <Button size="small" className="tour-again" onClick={tourAgain}>
          {t('tour.again')}
        </Button>
      </Panel>
      <Panel title={t('help.wrong')}>
        <ul className="limits">
          {mends.map((key) => (
            <li key={key}>{t(key)}</li>
          ))}
        </ul>
      </Panel>
      <Panel title={t('help.keys')}>
        <table className="records">
          <thead>
            <tr>
              <th scope="col">{t('help.key')}</th>
              <th scope="col">{t('help.does')}</th>
            </tr>
          </thead>
          <tbody>
            {keys.map(([key, does]) => (
              <tr key={key}>
                <td>
                  <kbd>{key}</kbd>
                </td>
                <td data-label={t('help.does')}>{t(does)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      <Panel title={t('help.terms')}>
        <table className="records">
          <thead>
            <tr>
              <th scope="col">{t('help.terms.zh')}</th>
              <th scope="col">{t('help.terms.en')}</th>
            </tr>
          </thead>
          <tbody>
            {terms.map((w) => (
              <tr key={w.zh}>
                <td lang="zh-CN">{w.zh}</td>
                <td data-label={t('help.terms.en')} lang="en">
                  {w.en}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
    </div>
  )
}
