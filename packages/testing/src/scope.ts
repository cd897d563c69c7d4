interface Closable {
  close(): unknown
}

/** Has something closed when the test is over, and gives it back. */
export type Opened = <A extends Closable>(one: A) => A

/**
 * A test that closes what it opened, the last first, also where it fails: `test('…', scoped(async opened => { … }))`.
 * What failed first is what it fails with.
 */
export const scoped = (work: (opened: Opened) => Promise<void>) => async (): Promise<void> => {
  const open: Closable[] = []
  const failures: unknown[] = []
  const attempt = async (step: () => unknown): Promise<void> => {
    try {
      await step()
    } catch (error) {
      failures.push(error)
    }
  }
  const opened: Opened = one => {
    open.push(one)
    return one
  }
  await attempt(() => work(opened))
  for (const one of open.reverse()) await attempt(() => one.close())
  if (failures.length > 0) throw failures[0]
}
