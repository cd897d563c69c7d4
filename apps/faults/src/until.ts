import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves as soon as it is so; rejects with what was waited for when that takes too long. */
export const until = async (
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 120_000,
): Promise<void> => {
  const deadline = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`)
    await sleep(10)
  }
}
