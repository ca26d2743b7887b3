import { useMemo } from 'react'

/**
 * Watermark draws who looks at the page across it, so that a photograph of the
 * screen says where it came from. Drawn on a canvas: the policy of the page takes
 * no style attributes from markup.
 */
export function Watermark({ lines }: { lines: string[] }) {
  const text = lines.join('\n')
  const image = useMemo(() => draw(text.split('\n')), [text])
  return <div className="watermark" aria-hidden="true" style={{ backgroundImage: image }} />
}

function draw(lines: string[]): string {
  const canvas = document.createElement('canvas')
  canvas.width = 460
  canvas.height = 260
  const pen = canvas.getContext('2d')
  if (!pen) return 'none'
  pen.translate(230, 130)
  pen.rotate(-Math.PI / 8)
  pen.font = '14px sans-serif'
  pen.textAlign = 'center'
  pen.fillStyle = 'rgba(20, 40, 80, 0.075)'
  lines.forEach((line, i) => pen.fillText(line, 0, (i - (lines.length - 1) / 2) * 20))
  return `url(${canvas.toDataURL()})`
}
