import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Commit, check, history, projected, recorded } from './crawl.test-kit.js'
import type { CrawlEvent, StoredEvent } from './events.js'
import { evolve, initialState, nextAttempt, stageKey } from './evolve.js'
import type { JsonObject } from './json.js'
import { currentVersion, EventTooNew, lift, UnknownEvent } from './upcast.js'
import { v1Events } from './v1-events.test-kit.js'
import type { MediaDocument } from './views/media.js'

const lifted = (stored: Omit<StoredEvent, 'message'>): CrawlEvent => {
  const event = lift(stored)
  if (E.isLeft(event)) throw event.left
  return event.right
}

const stored = (event: CrawlEvent): StoredEvent => ({ ...event, data: event.data as JsonObject, message: 0 })

/** An event as version 1 would have stored it. */
const lowered = (event: CrawlEvent): StoredEvent => {
  if (event.type !== 'StageFailed') return stored(event)
  const { attempt: _, ...data } = event.data
  return { ...stored(event), v: 1, data }
}

test('version 1 of every event is read, in the version written now', () => {
  for (const { message: _, ...event } of Object.values(v1Events)) {
    const now = lifted(event)
    assert.is(now.v, currentVersion(event.type))
    assert.equal(
      now,
      event.type === 'StageFailed' ? { ...event, v: 2, data: { ...event.data, attempt: 1 } } : event,
    )
  }
})

test('reading changes nothing that is stored', () => {
  const before = structuredClone(v1Events)
  for (const event of Object.values(v1Events))
    lifted(Object.freeze({ ...event, data: Object.freeze(event.data) }))
  assert.equal(v1Events, before)
})

test('an event of the present version stays as it is', () => {
  check(
    fc.property(history, messages => {
      for (const { events } of recorded(messages))
        for (const event of events) {
          assert.is(event.v, currentVersion(event.type))
          assert.equal(lifted(stored(event)), event)
        }
    }),
  )
})

test('a log of version 1 gives the views that it gives now, but for the attempts', () => {
  const views = (commits: readonly Commit[]) =>
    [...projected(commits)].map(([key, document]) => {
      if (!key.startsWith('media:')) return [key, document]
      const { stages, ...rest } = document as MediaDocument
      return [key, rest, stages.map(({ attempt: _, ...stage }) => stage)]
    })
  check(
    fc.property(history, messages => {
      const commits = recorded(messages)
      const old = commits.map(({ place, events }) => ({ place, events: events.map(lowered).map(lifted) }))
      assert.equal(views(old), views(commits))
    }),
  )
})

test('the events of version 1 alone make a state and documents', () => {
  const events = Object.values(v1Events).map(lifted)
  const state = events.reduce(evolve, initialState)
  assert.is(state.status, 'completed')
  assert.equal([...state.failed], [stageKey('analyse', 'm')])
  const place = { stream: 'l/b', position: 1, version: 1, recordedAt: '2024-05-01T12:00:00.000Z' }
  const media = projected([{ place, events }]).get('media:l/b/m') as MediaDocument
  assert.equal(
    media.stages.map(({ stage, status, attempt }) => [stage, status, attempt]),
    [
      ['download', 'completed', undefined],
      ['analyse', 'failed', 1],
    ],
  )
})

test('the attempt of a failure is one more than there were', () => {
  const failure = (attempt: number, mediaId: string): CrawlEvent => ({
    type: 'StageFailed',
    v: 2,
    at: '2024-05-01T12:00:00.000Z',
    data: { attempt, mediaId, stage: 's' },
  })
  const state = [failure(1, 'm'), failure(1, 'n'), failure(2, 'm')].reduce(evolve, initialState)
  assert.equal(
    ['m', 'n', 'o'].map(mediaId => nextAttempt(state, stageKey('s', mediaId))),
    [3, 2, 1],
  )
})

test('an event that this program does not know is left, with what to do', () => {
  const refusal = (type: string, v: number) => {
    const event = lift({ type, v, at: '2024-05-01T12:00:00.000Z', data: {} })
    return E.isLeft(event) ? event.left : undefined
  }
  const tooNew = refusal('StageFailed', 3)
  assert.instance(tooNew, EventTooNew)
  assert.match(
    String(tooNew),
    /StageFailed is stored in version 3 and this program knows versions up to 2\. Use/,
  )
  for (const [type, v] of [
    ['Unheard', 1],
    ['constructor', 1],
    ['__proto__', 1],
    ['StageFailed', 0],
    ['StageFailed', 1.5],
    ['StageFailed', Number.NaN],
  ] as const) {
    const unknown = refusal(type, v)
    assert.instance(unknown, UnknownEvent)
    assert.match(String(unknown), /knows no event ".+" of version/)
  }
})

test.run()
