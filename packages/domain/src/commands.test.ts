import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { stagesBefore } from './commanding.js'
import { isCommand } from './commands.js'
import { envelope, receivedAt } from './crawl.test-kit.js'
import { decide } from './decide.js'
import type { Envelope } from './messages.js'
import { defaultPlan } from './plan.js'
import {
  after,
  batch,
  claim,
  complete,
  errorOf,
  given,
  heartbeat,
  item,
  itemFound,
  newBatch,
  release,
  retry,
  saveMediaItem,
  stageComplete,
  stateAfter,
  time,
} from './told.test-kit.js'

// What services ask of a workflow: to claim, renew and release work.

const found = (itemId = 'i'): object => itemFound(batch(), { itemId, itemUrl: itemId, itemType: 'video' })
const done = (stage: string, itemId = 'i'): object => stageComplete(item({ stage, itemId }))
const failed = (minutes = 0, fields: object = {}): object =>
  errorOf(item({ timestamp: time(minutes), ...fields }), { error: 'x' })

const held = { claim: 'c', itemId: 'i', server: 's', stage: 'prep-media' }
const claimed = (fields: object = {}) =>
  ({
    type: 'StageClaimed',
    data: { ...held, attempt: 1, renewed: false, until: time(1), ...fields },
  }) as const
const released = (because: string, fields: object = {}) =>
  ({ type: 'StageReleased', data: { ...held, because, ...fields } }) as const

/** The items that a claim gives. */
const claimedIn = (before: readonly object[], command: Envelope): readonly string[] => {
  const decision = decide(stateAfter(...before), command)
  if (E.isLeft(decision)) throw new Error(decision.left.message)
  return decision.right.events.flatMap(event => (event.type === 'StageClaimed' ? [event.data.itemId] : []))
}

test('a command is told from a message, and its id is that of the asking', () => {
  const one = claim('mine')
  assert.ok(isCommand(one.body))
  assert.not(isCommand(envelope(newBatch(batch())).body))
  assert.equal([one.id, one.receivedAt], ['mine', receivedAt])
  assert.is(claim('other').digest, one.digest)
})

test('a claim takes an open item until the lease is over', () => {
  given(found()).when(claim('c')).gives(claimed())
})

test('a claim takes at most as many as it asks for, in the order in which they were found', () => {
  const items = ['z', 'a', 'm'].map(found)
  assert.equal(claimedIn(items, claim('c', 0, { most: 2 })), ['z', 'a'])
  assert.equal(claimedIn([...items, claim('c')], claim('d', 0, { most: 9 })), ['a', 'm'])
})

test('an item is open when the stages before are done and its own is neither done nor failing', () => {
  const analyse = { stage: 'analyse-media' }
  assert.equal(claimedIn([found()], claim('c', 0, analyse)), [])
  assert.equal(claimedIn([done('prep-media')], claim('c', 0, analyse)), ['i'])
  assert.equal(claimedIn([done('prep-media')], claim('c')), [])
  assert.equal(claimedIn([failed()], claim('c')), [])
  assert.equal(claimedIn([errorOf(item(), { error: 'x', fatal: false })], claim('c')), ['i'])
  assert.equal(
    claimedIn([errorOf(item({ stage: 'enrich-venue' }), { error: 'x', fatal: true })], claim('c')),
    [],
  )
})

test('nothing is claimed of a workflow that is over or unknown, nor of a stage that is no item’s', () => {
  assert.equal(claimedIn([found(), complete(batch())], claim('c')), [])
  assert.equal(claimedIn([found(), errorOf(batch(), { error: 'x' })], claim('c')), [])
  assert.equal(claimedIn([], claim('c')), [])
  for (const stage of ['control', 'own']) assert.equal(claimedIn([found()], claim('c', 0, { stage })), [])
})

test('a claim that has expired is open, and its end is told first', () => {
  given(found(), claim('c')).when(claim('d', 0)).gives()
  given(found(), claim('c'))
    .when(claim('d', 1))
    .gives(released('expired'), claimed({ claim: 'd', until: time(2) }))
})

test('a heartbeat moves the end of a claim, also of one that has expired, and of nobody else’s', () => {
  given(found(), claim('c'))
    .when(heartbeat('c', 5))
    .gives(claimed({ renewed: true, until: time(6) }))
  given(found(), claim('c'), claim('d', 1)).when(heartbeat('c', 1)).gives()
  given(found(), claim('c'), release('c')).when(heartbeat('c', 0)).gives()
})

test('who releases a claim makes its item open again; of another’s claim nothing happens', () => {
  given(found(), claim('c')).when(release('c')).gives(released('released'))
  given(found(), claim('c')).when(release('d')).gives()
  assert.equal(claimedIn([found(), claim('c'), release('c')], claim('d')), ['i'])
})

test('a claim ends when its stage is done, when it fails, and when the item is over', () => {
  const types = (raw: object) => {
    const decision = decide(stateAfter(found(), claim('c')), envelope(raw))
    if (E.isLeft(decision)) throw new Error(decision.left.message)
    return decision.right.events.flatMap(event =>
      event.type === 'StageReleased' ? [event.data.because] : [],
    )
  }
  assert.equal(types(done('prep-media')), ['completed'])
  assert.equal(types(saveMediaItem(item({ itemUrl: 'i', completedStages: ['prep-media'] }))), ['completed'])
  assert.equal(types(complete(item())), ['completed'])
  assert.equal(types(failed()), ['failed'])
  assert.equal(types(errorOf(item(), { error: 'x', fatal: true })), ['completed'])
  assert.equal(types(errorOf(item(), { error: 'x', fatal: false })), [])
  assert.equal(types(done('analyse-media')), [])
  assert.equal(types(done('prep-media', 'j')), [])
})

test('views count the claims that are held', () => {
  const claims = (...raws: readonly object[]) =>
    after(found(), ...raws).workflow.stages.find(({ stage }) => stage === 'prep-media')?.claimed ?? 0
  assert.is(claims(claim('c')), 1)
  assert.is(claims(claim('c'), heartbeat('c', 0)), 1)
  assert.is(claims(claim('c'), release('c')), 0)
  assert.is(claims(claim('c'), done('prep-media')), 0)
  assert.is(claims(claim('c'), claim('d', 1)), 1)
})

test('the attempt is one more than the failures of the stage that there were', () => {
  given(found(), failed(), retry())
    .when(claim('c'))
    .gives(claimed({ attempt: 2 }))
  const twice = [found(), failed(0), failed(1), errorOf(item(), { error: 'y', fatal: false })]
  given(...twice, retry())
    .when(claim('c'))
    .gives(claimed({ attempt: 3 }))
})

test('the stages before a stage are those of the item part', () => {
  assert.equal(stagesBefore(defaultPlan, 'prep-media'), [])
  assert.equal(stagesBefore(defaultPlan, 'enrich-venue'), ['prep-media', 'analyse-media'])
  for (const stage of ['control', 'own']) assert.is(stagesBefore(defaultPlan, stage), undefined)
})

test.run()
