import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  batch,
  complete,
  errorOf,
  given,
  item,
  newBatch,
  progressOf,
  saveLocation,
  saveMediaItem,
  saveWorkflow,
  stageComplete,
  time,
  told,
} from './told.test-kit.js'

// Rule 2, of errors, and rule 4: what fails a stage, and when an item is over.

const listing = (...errors: readonly object[]): object => ({ errors })
const entry = (fields: object = {}): object => ({
  stage: 'prep-media',
  error: 'x',
  timestamp: time(0),
  ...fields,
})
const errorsOf = (...raws: readonly object[]) => told(...raws).workflow.errors

test('an error is known by whom it is of, its stage, its text and its time', () => {
  const one = errorOf(item(), { error: 'x' })
  assert.is(told(one, errorOf(item(), { error: 'x' })).workflow.errorCount, 1)
  for (const other of [
    errorOf(batch({ stage: 'prep-media' }), { error: 'x' }),
    errorOf(item({ itemId: 'j' }), { error: 'x' }),
    errorOf(item(), { error: 'x', stage: 'enrich-venue' }),
    errorOf(item(), { error: 'y' }),
    errorOf(item({ timestamp: time(1) }), { error: 'x' }),
    errorOf(item(), { error: 'x', timestamp: time(2) }),
  ])
    assert.is(told(one, other).workflow.errorCount, 2)
})

test('its stage is the payload’s, else the context’s', () => {
  assert.is(errorsOf(errorOf(item(), { error: 'x', stage: 'enrich-venue' }))[0]?.stage, 'enrich-venue')
  assert.is(errorsOf(errorOf(item(), { error: 'x' }))[0]?.stage, 'prep-media')
  assert.is(errorsOf(progressOf(item(listing({ error: 'x' }))))[0]?.stage, 'prep-media')
})

test('its time is the payload’s; else that of the latest entry for it; else the context’s', () => {
  const at = (context: object, payload: object) =>
    errorsOf(errorOf(item({ timestamp: time(9), ...context }), { error: 'x', ...payload })).map(
      one => one.timestamp,
    )
  assert.equal(at(listing(entry()), { timestamp: '2024-05-01 12:05' }), [time(0), time(5)])
  assert.equal(at(listing(entry(), entry({ timestamp: time(3) })), {}), [time(0), time(3)])
  assert.equal(at(listing(entry({ timestamp: undefined })), {}), [undefined])
  assert.equal(at(listing(entry({ error: 'other' })), {}), [time(0), time(9)])
  assert.equal(at({}, {}), [time(9)])
  assert.equal(at({ timestamp: undefined }, {}), [undefined])
})

test('an entry has its own time or none, and never its context’s', () => {
  const bare = listing({ stage: 'prep-media', error: 'x' })
  const errors = errorsOf(
    progressOf(item({ timestamp: time(1), ...bare })),
    progressOf(item({ timestamp: time(2), ...bare })),
  )
  assert.equal(errors, [{ stage: 'prep-media', error: 'x', itemId: 'i' }])
})

test('an entry is history: it is counted and fails nothing', () => {
  for (const message of [newBatch, stageComplete, progressOf, complete]) {
    const { workflow } = told(
      message(batch({ stage: 'crawl-media', ...listing(entry({ stage: 'control' })) })),
    )
    assert.is(workflow.errorCount, 1)
    assert.is.not(workflow.status, 'failed')
  }
  const { workflow, media } = told(progressOf(item(listing(entry({ fatal: true })))))
  assert.equal(workflow.items, { found: 1, finished: 0, failing: 0, givenUp: 0 })
  assert.is(media().errorCount, 1)
})

test('an entry fails its stage in the context of an error message and of a save', () => {
  const failing = listing(entry({ stage: 'control' }))
  for (const message of [saveWorkflow, saveLocation])
    assert.is(told(message(batch(failing))).workflow.status, 'failed')
  const both = told(errorOf(batch({ stage: 'find-location', ...failing }), { error: 'y' })).workflow
  assert.equal([both.status, both.errorCount], ['failed', 2])
  const { workflow } = told(saveMediaItem(item({ itemUrl: 'u', ...listing(entry({ fatal: true })) })))
  assert.equal(workflow.items, { found: 1, finished: 0, failing: 1, givenUp: 0 })
})

test('an entry of an item’s context whose stage is the batch’s is the batch’s, copied, and says nothing', () => {
  const { workflow, media } = told(
    saveMediaItem(item({ itemUrl: 'u', ...listing(entry({ stage: 'control' })) })),
  )
  assert.equal([workflow.errorCount, workflow.status, media().errorCount], [0, 'active', 0])
})

test('an error message’s own payload always counts for whom its context names', () => {
  const { workflow, media } = told(errorOf(item(), { error: 'x', stage: 'control' }))
  assert.equal([workflow.status, workflow.items.failing], ['active', 1])
  assert.equal([media().errorCount, media().status], [1, 'active'])
})

test('told several times, fatal true beats false beats absent, and of what else was told the larger text stays', () => {
  const tell = (more: object) => errorOf(item(), { error: 'x', ...more })
  const one = (...all: readonly object[]) => {
    const { workflow, media } = told(...all.map(tell))
    assert.is(workflow.errorCount, 1)
    return media().errors[0]
  }
  const known = { stage: 'prep-media', error: 'x', timestamp: time(0) }
  assert.equal(one({ fatal: false }, { fatal: true }, {}), { ...known, fatal: true })
  assert.equal(one({ fatal: false }, {}), { ...known, fatal: false })
  assert.equal(one({ code: 1, at: 2 }, { code: 2 }, {}), { ...known, code: 2 })
  assert.equal(one({ code: 1, fatal: true }, { zone: 'a' }), { ...known, zone: 'a', fatal: true })
})

test('a fatal that is no boolean is absent', () => {
  const { workflow } = told(errorOf(item(), { error: 'x', fatal: 'true' }))
  assert.equal(workflow.items, { found: 1, finished: 0, failing: 1, givenUp: 0 })
})

test('what was told of an error cannot take the place of what is known of it', () => {
  const payload = {
    error: 'x',
    itemId: 'other',
    more: 1,
    listed: true,
    fails: false,
    again: true,
    aside: true,
  }
  assert.equal(errorsOf(errorOf(item(), payload)), [
    { stage: 'prep-media', timestamp: time(0), ...payload, itemId: 'i' },
  ])
})

test('a stage done is done, whatever errors come before or after', () => {
  for (const minutes of [1, 9]) {
    const { workflow, media } = told(
      errorOf(item({ timestamp: time(minutes) }), { error: 'x' }),
      stageComplete(item({ timestamp: time(5) })),
    )
    assert.equal([workflow.items.failing, workflow.errorCount], [0, 1])
    assert.equal(media().completedStages, ['prep-media'])
  }
})

test('fatal false records an error and fails nothing', () => {
  const { workflow, media } = told(errorOf(item(), { error: 'x', fatal: false }))
  assert.equal([workflow.items.failing, workflow.errorCount, media().errors.length], [0, 1, 1])
  assert.is(told(errorOf(batch(), { error: 'x', fatal: false })).workflow.status, 'active')
})

test('an item is failing while a stage of it failed and was not done, and it is not finished', () => {
  const failed = errorOf(item(), { error: 'x' })
  assert.is(told(failed).workflow.items.failing, 1)
  assert.is(told(failed, stageComplete(item({ stage: 'analyse-media' }))).workflow.items.failing, 1)
  assert.is(told(failed, stageComplete(item({ stage: 'enrich-venue' }))).workflow.items.failing, 0)
  assert.is(told(failed, complete(item())).workflow.items.failing, 0)
  assert.is(
    told(errorOf(item({ stage: 'own' }), { error: 'x' })).workflow.items.failing,
    1,
    'outside the plan, too',
  )
})

test('an item is finished when its last stage is done, when it is said to be, or when it is given up', () => {
  const itemsOf = (...raws: readonly object[]) => {
    const { workflow, media } = told(...raws)
    return [workflow.items.finished, workflow.items.givenUp, media().status, media().currentStage]
  }
  assert.equal(itemsOf(stageComplete(item({ stage: 'enrich-venue' }))), [1, 0, 'completed', 'enrich-venue'])
  assert.equal(itemsOf(complete(item())), [1, 0, 'completed', 'enrich-venue'])
  assert.equal(itemsOf(errorOf(item(), { error: 'x', fatal: true })), [1, 1, 'failed', 'enrich-venue'])
  assert.equal(itemsOf(stageComplete(item({ stage: 'analyse-media' }))), [0, 0, 'active', 'prep-media'])
})

test('done beats given up, whichever comes first', () => {
  const { workflow, media } = told(
    errorOf(item(), { error: 'x', fatal: true }),
    stageComplete(item({ stage: 'enrich-venue' })),
  )
  assert.equal(workflow.items, { found: 1, finished: 1, failing: 0, givenUp: 0 })
  assert.is(media().status, 'completed')
})

test('an item is given up by an error message alone, and not by an entry', () => {
  given(progressOf(item()))
    .when(errorOf(item(), { error: 'x', fatal: true }))
    .gives(
      {
        type: 'ErrorRecorded',
        data: { error: 'x', fails: true, fatal: true, itemId: 'i', stage: 'prep-media', timestamp: time(0) },
      },
      { type: 'ItemGivenUp', data: { itemId: 'i' } },
      {
        type: 'CountsChanged',
        data: {
          change: {
            finished: 1,
            givenUp: 1,
            behind: ['prep-media', 'analyse-media', 'enrich-venue'].map(stage => ({ items: 1, stage })),
          },
          itemId: 'i',
        },
      },
    )
  const listed = errorOf(item(listing(entry({ fatal: true }))), { error: 'y' })
  assert.is(told(listed).workflow.items.givenUp, 0)
  assert.is(told(errorOf(batch(), { error: 'x', fatal: true })).workflow.items.givenUp, 0)
})

test('errors are listed by time, none first, then by stage, text and item', () => {
  const errors = errorsOf(
    errorOf(item({ timestamp: time(2) }), { error: 'x' }),
    errorOf(batch({ stage: 'prep-media', timestamp: time(2) }), { error: 'x' }),
    errorOf(batch({ stage: 'control', timestamp: time(2) }), { error: 'y' }),
    errorOf(batch({ timestamp: undefined }), { error: 'z' }),
  )
  assert.equal(
    errors.map(one => [one.error, one.stage, one.itemId]),
    [
      ['z', 'crawl-media', undefined],
      ['y', 'control', undefined],
      ['x', 'prep-media', undefined],
      ['x', 'prep-media', 'i'],
    ],
  )
})

test.run()
