/** Something did not answer in time. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut'
  readonly code = 'timed-out'

  constructor(readonly ms: number) {
    super(`No answer within ${ms} ms.`)
  }
}

/** What `work` gives, or a rejection with `TimedOut` when that takes longer than `ms`. */
export const within = async <A>(ms: number, work: Promise<A>): Promise<A> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut(ms)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
