let works: (() => unknown)[] = []

/** What is to be done when the test is over, however it ended. */
export const whenOver = (work: () => unknown): void => {
  works.push(work)
}

/** Ends what the test left, the newest first. */
export const over = async (): Promise<void> => {
  const now = works.reverse()
  works = []
  for (const work of now) await work()
}

process.once('exit', () => void over())
