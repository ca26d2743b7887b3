import { decodeQRBatch } from 'qr/decode.js'

/** Larger pictures are scaled down to this many pixels to a side: enough for a page at 300 dpi. */
const sideMax = 3600

/** codesIn reads every QR code of a picture. */
export async function codesIn(file: Blob): Promise<string[]> {
  const url = URL.createObjectURL(file)
  try {
    const picture = new Image()
    picture.src = url
    await picture.decode()
    const scale = Math.min(1, sideMax / Math.max(picture.naturalWidth, picture.naturalHeight, 1))
    const width = Math.max(1, Math.round(picture.naturalWidth * scale))
    const height = Math.max(1, Math.round(picture.naturalHeight * scale))
    const canvas = document.createElement('canvas')
    canvas.width = width
    canvas.height = height
    const pen = canvas.getContext('2d')
    if (!pen) return []
    pen.fillStyle = '#fff' // what is transparent counts as paper
    pen.fillRect(0, 0, width, height)
    pen.drawImage(picture, 0, 0, width, height)
    const [found] = await decodeQRBatch([{ width, height, data: pen.getImageData(0, 0, width, height).data }], { timeLimit: 4000, effort: 4 })
    return (found ?? []).filter((one): one is string => typeof one === 'string')
  } catch {
    return []
  } finally {
    URL.revokeObjectURL(url)
  }
}
