import { useCallback, useEffect, useRef, useState } from 'react'
import { api, got } from '../api/client'
import { Problem } from '../api/problem'
import { useSpeech } from '../i18n/lang'
import type { Again } from './finding'
import { maxFile } from './text'
import type { Answer, Asked } from './worker'

export type Progress = { at: 'reading' } | { at: 'drawing'; step: number; of: number } | { at: 'done'; again: Again } | { at: 'failed'; err: unknown } | { at: 'nothing' }

/** Texts that somebody has from elsewhere, instead of those that the node gives. */
export interface Own {
  pool?: string
  rule?: string
}

/** useAgain draws a draw again in a worker; leaving the page ends it. */
export function useAgain(id: string) {
  const { t } = useSpeech()
  const [progress, setProgress] = useState<Progress>({ at: 'nothing' })
  const worker = useRef<Worker | null>(null)
  const stop = useCallback(() => {
    worker.current?.terminate()
    worker.current = null
  }, [])
  useEffect(() => stop, [stop])
  const begin = async (own: Own) => {
    stop()
    setProgress({ at: 'reading' })
    try {
      const draw = await got(api.GET('/v1/draws/{id}', { params: { path: { id }, query: { texts: true } } }))
      const pool = own.pool ?? draw.pool.text
      const rule = own.rule ?? draw.rule.text
      if (pool === undefined || rule === undefined) throw new Problem(404, { code: 'draw_text_missing', title: t('err.draw_text_missing') })
      if (pool.length > maxFile || rule.length > maxFile) throw new Problem(413, { code: 'too_large', title: t('err.draw_text_long') })
      const w = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
      worker.current = w
      w.onmessage = ({ data }: MessageEvent<Answer>) => {
        if ('again' in data) {
          setProgress({ at: 'done', again: data.again })
          stop()
        } else setProgress({ at: 'drawing', ...data })
      }
      w.onerror = () => {
        setProgress({ at: 'failed', err: new Problem(0, { code: 'worker', title: t('err.worker') }) })
        stop()
      }
      const asked: Asked = { draw: { ...draw, pool: { ...draw.pool, text: undefined }, rule: { ...draw.rule, text: undefined } }, pool, rule }
      w.postMessage(asked)
    } catch (err) {
      setProgress({ at: 'failed', err })
    }
  }
  return { progress, begin: (own: Own = {}) => void begin(own) }
}
