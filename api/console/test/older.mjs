// What browsers younger than Chrome 90 have and Chrome 90 has not. A page of the test
// (or a worker, which has no document) runs this before anything else, so that whatever the console needs of it has to
// come from its own polyfills.
export function forget() {
  const drop = (owner, ...names) => names.forEach((name) => owner && delete owner[name])
  drop(Array.prototype, 'at', 'findLast', 'findLastIndex', 'toReversed', 'toSorted', 'toSpliced', 'with') // 92, 97, 110
  drop(Array, 'fromAsync') // 121
  drop(String.prototype, 'at', 'isWellFormed', 'toWellFormed') // 92, 111
  drop(Object, 'hasOwn', 'groupBy') // 93, 117
  drop(Map, 'groupBy')
  drop(Promise, 'withResolvers', 'try') // 119, 128
  drop(Set.prototype, 'union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom') // 122
  for (const typed of [Uint8Array, Object.getPrototypeOf(Uint8Array)]) {
    drop(typed.prototype, 'at', 'findLast', 'findLastIndex', 'toReversed', 'toSorted', 'with', 'toBase64', 'toHex', 'setFromBase64', 'setFromHex')
    drop(typed, 'fromBase64', 'fromHex')
  }
  // A worker's own functions stand in what its scope inherits from.
  for (let scope = globalThis; scope; scope = Object.getPrototypeOf(scope)) drop(scope, 'structuredClone', 'reportError', 'navigation', 'scheduler', 'Iterator', 'CloseWatcher', 'URLPattern', 'CompressionStream', 'Float16Array') // 95 to 135
  drop(AbortSignal, 'timeout', 'any', 'abort') // 103, 116, 93
  drop(AbortSignal.prototype, 'throwIfAborted', 'reason') // 100, 98
  drop(URL, 'canParse', 'parse') // 120, 126
  drop(Crypto.prototype, 'randomUUID') // 92
  drop(globalThis.Element?.prototype, 'checkVisibility', 'setHTMLUnsafe', 'getHTML') // 105, 124
  drop(globalThis.HTMLElement?.prototype, 'showPopover', 'hidePopover', 'togglePopover') // 114
  drop(globalThis.HTMLInputElement?.prototype, 'showPicker') // 99
  drop(globalThis.Document?.prototype, 'startViewTransition') // 111
  drop(Response, 'json') // 105
  drop(Intl, 'supportedValuesOf', 'DurationFormat') // 99, 129
  drop(globalThis.CSSStyleSheet?.prototype, 'replaceAllRules')
  for (const gone of [[].at, [].toSorted, ''.at, Object.hasOwn, globalThis.structuredClone, AbortSignal.timeout, crypto.randomUUID]) {
    if (gone !== undefined) throw new Error('an API younger than Chrome 90 is still there')
  }
}
