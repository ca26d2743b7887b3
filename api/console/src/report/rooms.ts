/** Room is a subject with a page of its own: the procedures that make up its records, and the reports that count them. */
export interface Room {
  procedure: string
  reports: string[]
  scores?: boolean // rounds whose scores are plotted
}

export const rooms: Room[] = [
  { procedure: 'ledger_item', reports: ['hidden_dangers'] },
  { procedure: 'pt_round', reports: ['proficiency'], scores: true },
  { procedure: 'campaign', reports: ['campaign_counters', 'listed_floor'] },
  { procedure: 'analysis', reports: ['situation'] },
]

export const roomOf = (procedure: string) => rooms.find((r) => r.procedure === procedure)
