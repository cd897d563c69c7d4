import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { contributionOf } from './contribution.js'
import { minus, Tally } from './counts.js'
import { type Commit, check, decided, envelope, projected, receivedAt } from './crawl.test-kit.js'
import type { CrawlEvent } from './events.js'
import { changeOf, evolve } from './evolve.js'
import type { JsonObject } from './json.js'
import { initialState, planIn, type WorkflowState } from './state.js'
import {
  batch,
  complete,
  errorOf,
  item,
  itemFound,
  newBatch,
  progressOf,
  stageComplete,
  time,
} from './told.test-kit.js'
import { lift } from './upcast.js'
import type { LocationDocument } from './views/locations.js'
import type { WorkflowDocument } from './views/workflows.js'

// A stream of 0.1 that messages of today continue is counted as if it had been told today.

const oldStages = ['discover', 'download', 'analyse', 'prep-media', 'enrich-venue', 'control']

const lifted = (type: string, data: object, v = 1): readonly CrawlEvent[] => {
  const events = lift({ type, v, at: receivedAt, data: data as JsonObject })
  if (E.isLeft(events)) throw events.left
  return events.right
}

const v1 =
  (type: string, v = 1) =>
  (data: object) => ({ type, data, v })
const mediaId = fc.constantFrom('m', 'n')
const stage = fc.constantFrom(...oldStages)
const maybeItem = fc.oneof(fc.record({ mediaId }), fc.constant({}))
const ofStage = fc.tuple(maybeItem, stage).map(([of, name]) => ({ ...of, stage: name }))

const v1Event = fc.oneof(
  fc
    .record({ stages: fc.subarray(oldStages), queries: fc.subarray(['cat', 'dog']) })
    .map(v1('WorkflowDescribed')),
  fc
    .record({ kind: fc.constantFrom('photo', 'video', 'x'), mediaId, url: fc.constant('u') })
    .map(one => v1('MediaFound')({ item: one })),
  fc
    .tuple(ofStage, fc.record({ wasEarly: fc.boolean(), wasFailed: fc.boolean() }), fc.nat(9))
    .map(([of, notes, durationMs]) => v1('StageCompleted')({ ...of, ...notes, processing: { durationMs } })),
  ofStage.map(of => v1('StageFailed', 2)({ ...of, attempt: 1 })),
  fc
    .tuple(ofStage, fc.boolean())
    .map(([of, fatal]) =>
      v1('ErrorRecorded')({ ...of, error: { message: 'x' }, ...(fatal ? { fatal } : {}) }),
    ),
  ofStage.map(of => v1('StageRetried')({ ...of, server: 's', attempt: 2 })),
  fc.constantFrom(
    { type: 'WorkflowFailed', data: { reason: 'x' }, v: 1 },
    { type: 'WorkflowCompleted', data: {}, v: 1 },
    { type: 'WorkflowResumed', data: { server: 's' }, v: 1 },
    { type: 'ProgressReported', data: { progress: 5 }, v: 1 },
  ),
)

/** As 0.1 told them: it failed and completed only what was neither, and what failed could be completed or resumed. */
const asTold = (events: readonly { readonly type: string; readonly data: object; readonly v: number }[]) => {
  let status = 'active'
  return events.flatMap(event => {
    const from = status
    if (event.type === 'WorkflowFailed') {
      if (status !== 'active') return []
      status = 'failed'
    } else if (event.type === 'WorkflowCompleted') {
      if (status === 'completed') return []
      status = 'completed'
    } else if (event.type === 'WorkflowResumed') {
      if (status === 'completed') return []
      status = 'active'
    } else return [event]
    return [{ ...event, data: { ...event.data, from } }]
  })
}

const plan = { batch: ['discover'], item: ['download', 'prep-media'] }
const context = fc
  .tuple(stage, fc.nat(3), fc.option(mediaId), fc.boolean())
  .map(([name, minutes, itemId, planned]) =>
    (itemId === null ? batch : item)({
      ...(itemId === null ? {} : { itemId }),
      stage: name,
      timestamp: time(minutes),
      ...(planned ? { metadata: { plan } } : {}),
    }),
  )
const message = fc
  .tuple(fc.constantFrom(newBatch, stageComplete, errorOf, complete, progressOf, itemFound), context)
  .map(([tell, one]) => tell(one, { error: 'x', itemUrl: 'u', itemType: 'video' }))

const recount = (state: WorkflowState) => {
  const tally = new Tally().add(contributionOf(state.batch, planIn(state), false))
  for (const one of state.items.values()) tally.add(contributionOf(one, planIn(state), true))
  return tally.sum()
}

test('what is counted after the first new message is what a recount says, in the state and in the views', () => {
  check(
    fc.property(
      fc.array(v1Event, { maxLength: 15 }),
      fc.array(message, { minLength: 1, maxLength: 6 }),
      (stored, messages) => {
        const old = [
          ...lifted('WorkflowStarted', { implicit: false }),
          ...asTold(stored).flatMap(({ type, data, v }) => lifted(type, data, v)),
        ]
        let state = old.reduce(evolve, initialState)
        const commits: Commit[] = []
        const commit = (events: readonly CrawlEvent[]): void => {
          const version = commits.length + 1
          commits.push({
            place: { stream: 'l/b', position: version, version, recordedAt: receivedAt },
            events,
          })
        }
        commit(old)
        for (const raw of messages) {
          const decision = decided(state, envelope(raw))
          if (decision.events.length === 0) continue
          state = decision.state
          commit(decision.events)
          assert.equal(minus(recount(state), changeOf(state.counts)), {})
        }
        if (commits.length === 1) return
        const documents = projected(commits)
        const workflow = documents.get('workflows:l/b') as WorkflowDocument
        const location = documents.get('locations:l') as LocationDocument
        const { found, finished, failing, givenUp, errors, rows, types } = state.counts
        assert.equal(workflow.items, { found, finished, failing, givenUp })
        assert.equal([workflow.errorCount, location.errorCount], [errors, errors])
        assert.equal(workflow.stages, rows)
        assert.is(location.totalMediaItems, found)
        assert.equal(location.itemTypes, { video: 0, image: 0, post: 0, other: 0, ...types })
        assert.is(workflow.status, state.status)
        const { activeWorkflows, completedWorkflows, failedWorkflows } = location
        assert.equal(
          { active: activeWorkflows, completed: completedWorkflows, failed: failedWorkflows },
          { active: 0, completed: 0, failed: 0, [workflow.status]: 1 },
        )
      },
    ),
    200,
  )
})

test.run()
