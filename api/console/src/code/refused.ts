/** Why a code is not accepted; the page has a sentence for each. */
export type Reason = 'form' | 'whole' | 'keys' | 'origin' | 'network' | 'inclusion' | 'signature' | 'unsigned' | 'statement'

export class Refused extends Error {
  constructor(readonly reason: Reason) {
    super(reason)
  }
}
