import { keyOf, type LocationDocument, type MediaDocument, type WorkflowDocument } from '@crawl-ledger/domain'
import { openStore } from 'crawl-ledger/store'
import * as assert from 'uvu/assert'
import { expected, type RowOfV1 } from './fixture-0.1.test-kit.js'

// What 0.1 said of its ledger and what is said of it now. They differ only where the language does:
//
// - places are `{lat, lng}`, a `photo` is an `image`, `discover` is a stage of the batch;
// - progress is counted, and no longer what somebody reported last;
// - an error without a stage has a row of its own: 0.1 counted it in none;
// - a fatal error of an item, which failed its workflow in 0.1, is the batch's: the item counts one less;
// - `failedAt` and `completedAt` are there while the workflow is failed or completed, and not longer;
// - milliseconds are whole in each message before they are added: 0.1 added fractions;
// - `createdAt` is the earliest time that any message brought, and absent where none did: 0.1 took the first message's,
//   or that of its receipt;
// - an id that holds `%` and two hexadecimal digits has another key.

type Row = Omit<RowOfV1, 'durationMs'>

/** Fractions of a millisecond were lost in each message: never more than half of one in each. */
const roundedBy = 20

const rowsOf = (rows: readonly RowOfV1[]): readonly Row[] =>
  rows
    .map(({ stage, completed, errors, sizeBytes }) => ({ stage, completed, errors, sizeBytes }))
    .filter(({ stage, completed, errors, sizeBytes }) => stage !== '' && completed + errors + sizeBytes > 0)
    .toSorted((a, b) => (a.stage < b.stage ? -1 : 1))

const totalMs = (rows: readonly RowOfV1[]): number => rows.reduce((sum, row) => sum + row.durationMs, 0)

const sameRows = (now: readonly RowOfV1[], then: readonly RowOfV1[], of: string): void => {
  assert.equal(rowsOf(now), rowsOf(then), of)
  assert.ok(Math.abs(totalMs(now) - totalMs(then)) < roundedBy, of)
}

const sumOf = <A>(rows: readonly A[], figure: (row: A) => number): number =>
  rows.reduce((sum, row) => sum + figure(row), 0)

const checkWorkflow = (key: string, now: WorkflowDocument | undefined): void => {
  const then = expected.workflows[key]
  if (then === undefined || now === undefined) assert.unreachable(`${key} is not there`)
  else {
    assert.equal(
      [now.status, now.items.found, now.errorCount, now.resumes, now.version, now.recordedAt],
      [then.status, then.mediaItems, then.errorCount, then.resumes, then.version, then.updatedAt],
      key,
    )
    assert.equal(
      [now.items.failing, sumOf(now.stages, row => row.claimed)],
      [sumOf(then.work, row => row.failing), sumOf(then.work, row => row.claimed)],
      key,
    )
    assert.equal(now.context.metadata.inputQueries ?? [], then.described.queries ?? [], key)
    assert.equal(
      now.errors.map(({ error }) => error).toSorted(),
      then.errors.map(({ message }) => message).toSorted(),
      key,
    )
    sameRows(now.stages, then.stages, key)
  }
}

const checkLocation = (id: string, now: LocationDocument | undefined): void => {
  const then = expected.locations[id]
  if (then === undefined || now === undefined) assert.unreachable(`${id} is not there`)
  else {
    for (const field of [
      'totalMediaItems',
      'activeWorkflows',
      'completedWorkflows',
      'failedWorkflows',
      'errorCount',
      'countryCode',
    ] as const)
      assert.is(now[field], then[field], `${id} ${field}`)
    const place = then.geo === undefined ? undefined : { lat: then.geo.latitude, lng: then.geo.longitude }
    assert.equal([now.locationName, now.metadata.coordinates], [then.location?.name, place], id)
    sameRows(now.stages, then.stages, id)
  }
}

const checkItems = (workflow: string, now: readonly MediaDocument[]): void => {
  const then = expected.media[workflow] ?? []
  assert.is(now.length, then.length, workflow)
  for (const item of then) {
    const found = now.find(({ itemId }) => itemId === item.mediaId)
    const of = `${workflow} ${item.mediaId}`
    const done = item.stages.filter(({ status }) => status === 'completed').map(({ stage }) => stage)
    assert.equal([...(found?.completedStages ?? [])].toSorted(), done.toSorted(), of)
    assert.equal(
      [found?.itemUrl, found?.itemType],
      [item.url, item.kind === 'photo' ? 'image' : item.kind],
      of,
    )
    assert.is(
      found?.errorCount,
      item.errorCount - item.errors.filter(({ fatal }) => fatal === true).length,
      of,
    )
  }
}

/** The views of a ledger of 0.1, beside what 0.1 said of them. */
export const saysWhatV1Said = async (url: string): Promise<void> => {
  const { store } = await openStore({ store: url, create: false })
  try {
    const workflows = Object.keys(expected.workflows)
    const found = await store.views.load('workflows', workflows)
    const byKey = new Map(found.map(document => [document._id, document as WorkflowDocument]))
    assert.is(byKey.size, workflows.length)
    for (const key of workflows) {
      checkWorkflow(key, byKey.get(key))
      const items = await store.views.list('media', { prefix: `${key}/`, limit: 1000 })
      checkItems(key, items as readonly MediaDocument[])
    }
    for (const id of Object.keys(expected.locations)) {
      // What 0.1 called `a%2Fb` is what `a/b` is called now; every other id that holds an escape has a new key.
      const keys = id === 'a%2Fb' ? [id] : [keyOf(id)]
      const [location] = await store.views.load('locations', keys)
      checkLocation(id, location as LocationDocument | undefined)
    }
  } finally {
    await store.close()
  }
}
