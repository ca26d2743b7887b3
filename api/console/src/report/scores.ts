// What a round of proficiency testing states of its laboratories (law document
// pt_round, fields scores and measurands).

export interface Score {
  lab_ref: string
  measurand: string
  score?: string
  verdict: 'satisfactory' | 'questionable' | 'unsatisfactory' | 'no_result'
}

interface Measurand {
  code: string
  name: string
}

/** The axis of a plot of scores goes from -scale to scale; what lies outside stands at its edge. */
export const scale = 5

/** scoresOf are a record's scores by measurand, in the order of the scores. */
export function scoresOf(fields: Record<string, unknown>): { measurand: string; name: string; scores: Score[] }[] {
  const all = Array.isArray(fields.scores) ? (fields.scores as Score[]) : []
  const names = Array.isArray(fields.measurands) ? (fields.measurands as Measurand[]) : []
  const codes = [...new Set(all.map((s) => s.measurand))].sort()
  return codes.map((measurand) => ({
    measurand,
    name: names.find((m) => m.code === measurand)?.name ?? measurand,
    scores: all.filter((s) => s.measurand === measurand).sort((a, b) => Number(a.score ?? Infinity) - Number(b.score ?? Infinity)),
  }))
}

/** placed is where a score stands on the axis, 0 to 1. */
export const placed = (score: string) => (Math.max(-scale, Math.min(scale, Number(score))) + scale) / (2 * scale)
