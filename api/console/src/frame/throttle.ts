/** throttle runs f at once and then at most once a wait; the last call is never lost. */
export function throttle(f: () => void, wait: number) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let due = false
  const tick = () => {
    timer = undefined
    if (due) run()
  }
  const run = () => {
    due = false
    timer = setTimeout(tick, wait)
    f()
  }
  return {
    call: () => {
      if (timer === undefined) run()
      else due = true
    },
    cancel: () => {
      clearTimeout(timer)
      timer = undefined
      due = false
    },
  }
}
