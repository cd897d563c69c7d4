import { strict as assert } from 'node:assert'
import { crawl } from '@crawl-ledger/domain'
import type { Store } from '@crawl-ledger/log'
import { projectionStatus, verifyLog, verifyViews } from '@crawl-ledger/projector'
import { openStore } from 'crawl-ledger/store'
import { countsOf, locationIds } from './crawl.js'
import { until } from './until.js'

/** Resolves when the views are at the end of the log. */
export const caughtUp = async (url: string, withinMs = 60_000): Promise<void> => {
  const { store } = await openStore({ store: url, create: false })
  try {
    await until(
      'the views to reach the end of the log',
      async () => {
        // A worker may be swapping or a server coming back: then it is not so yet.
        const status = await projectionStatus(store, crawl).catch(() => undefined)
        return status?.partitions.every(({ lagCommits }) => lagCommits === 0) === true
      },
      withinMs,
    )
  } finally {
    await store.close()
  }
}

/** The log verifies, and the views are exactly a fresh fold of it. */
export const assertVerified = async (store: Store): Promise<void> => {
  const log = verifyLog(store, { projection: crawl })
  for await (const finding of log.findings) assert.fail(finding.message)
  const views = verifyViews(store, crawl)
  for await (const finding of views.findings) assert.fail(finding.message)
}

/** All verifies, and each location counts what was sent. */
export const assertSound = async (url: string, batches: number): Promise<void> => {
  const { store } = await openStore({ store: url, create: false })
  try {
    await assertVerified(store)
    const expected = countsOf(batches)
    const found = await store.views.load('locations', locationIds)
    assert.equal(found.length, locationIds.length)
    for (const document of found)
      for (const [counter, value] of Object.entries(expected))
        assert.equal(
          (document as unknown as Record<string, unknown>)[counter],
          value,
          `${document._id}: ${counter}`,
        )
  } finally {
    await store.close()
  }
}
