import { type Ledger, openLedger, type WorkflowContext, WorkflowTracker } from 'crawl-ledger'
import { perSecond, type Ratio } from './measures.js'
import type { Opened } from './subject.js'
import { median, seconds } from './timing.js'

const servers = 4
const workflows = 50
const itemsEach = 20
const items = workflows * itemsEach
const together = 5
const stage = 'prep-media'

const timestamp = '2026-01-01T00:00:00.000Z'

const batchContext = (i: number): WorkflowContext =>
  WorkflowTracker.createBatchContext({ locationId: `location-${i % 10}`, batchId: `batch-${i}` }, timestamp)

const everywhere = Array.from(
  { length: items },
  (_, i): WorkflowContext =>
    WorkflowTracker.createItemContext(
      batchContext(i % workflows),
      { itemUrl: `https://photos.example/${i}`, itemType: 'image' },
      timestamp,
    ),
)

/** Ledgers over one store, as many as there are servers; the first one projects. */
const opened = async (store: string): Promise<readonly Ledger[]> => {
  const all: Ledger[] = []
  for (let i = 0; i < servers; i += 1) all.push(await openLedger({ store, project: i === 0 }))
  const [first] = all as [Ledger]
  await Promise.all(
    Array.from({ length: workflows }, (_, i) =>
      first.handle({ type: 'new_batch', context: batchContext(i), payload: {} }),
    ),
  )
  await Promise.all(everywhere.map(context => first.handle({ type: 'item_found', context, payload: {} })))
  await first.caughtUp()
  return all
}

const closed = async (all: readonly Ledger[]): Promise<void> => {
  for (const ledger of all.toReversed()) await ledger.close()
}

/** All items claimed and completed, a few at a time. */
const sharing = async (all: readonly Ledger[]): Promise<void> => {
  let done = 0
  await Promise.all(
    all.map(async ({ work }) => {
      while (done < items) {
        const claims = await work.claim({ stage, max: together })
        const receipts = await Promise.all(claims.map(claim => work.complete(claim)))
        done += receipts.filter(({ outcome }) => outcome === 'recorded').length
      }
    }),
  )
}

/** As many messages, two for each item, with as many of them in flight. */
const telling = async (all: readonly Ledger[]): Promise<void> => {
  let next = 0
  await Promise.all(
    all.map(async ledger => {
      while (next < items) {
        const some = everywhere.slice(next, next + together)
        next += together
        await Promise.all(
          some.map(context =>
            ledger.handle({ type: 'error', context, payload: { error: 'x', fatal: false } }),
          ),
        )
        await Promise.all(
          some.map(context => ledger.handle({ type: 'stage_complete', context, payload: {} })),
        )
      }
    }),
  )
}

/** Items claimed and completed by four servers, to as many bare appends. */
export const claiming = async ({ subject }: Opened, rounds: number): Promise<readonly Ratio[]> => {
  const timed = async (work: (all: readonly Ledger[]) => Promise<void>): Promise<number> => {
    const all = await opened(subject.fresh())
    const time = await seconds(() => work(all))
    await closed(all)
    return time
  }
  const ratios: number[] = []
  let detail = ''
  for (let round = 0; round <= rounds; round += 1) {
    const [bare, shared] = [await timed(telling), await timed(sharing)]
    if (round === 0) continue
    ratios.push(bare / shared)
    detail = `${perSecond(2 * items, shared)}, bare ${perSecond(2 * items, bare)}`
  }
  const what = `${items} items of ${workflows} workflows claimed and completed by ${servers} servers, to bare appends`
  return [{ what, ratio: median(ratios), limit: { atLeast: 0.4 }, detail }]
}
