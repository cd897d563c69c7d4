/** A clock that stands still: what waits for it goes on only when it is moved, so that nothing else woke it. */
export interface Clock {
  /** Moves it on and runs what is due. */
  tick(ms: number): void
}

interface Alarm {
  readonly run: () => void
  readonly every: number
  at: number
}

/** Runs with the clock of RxJS's timers standing still. `setTimeout` goes on as ever. */
export const withClock = async <A>(use: (clock: Clock) => Promise<A>): Promise<A> => {
  const { setInterval: set, clearInterval: clear } = globalThis
  const alarms = new Set<Alarm>()
  let now = 0
  const tick = (ms: number): void => {
    now += ms
    for (const alarm of [...alarms].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)) {
      alarm.at = now + alarm.every
      if (alarms.has(alarm)) alarm.run()
    }
  }
  const setStill = (run: () => void, every = 0): Alarm => {
    const alarm = { run, every, at: now + every }
    alarms.add(alarm)
    return alarm
  }
  const clearStill = (alarm: unknown): void => {
    if (!alarms.delete(alarm as Alarm)) clear(alarm as NodeJS.Timeout)
  }
  globalThis.setInterval = setStill as unknown as typeof setInterval
  globalThis.clearInterval = clearStill as unknown as typeof clearInterval
  try {
    return await use({ tick })
  } finally {
    globalThis.setInterval = set
    globalThis.clearInterval = clear
  }
}
