import * as E from 'fp-ts/lib/Either.js'
import type { CrawlEvent, EventType, StoredEvent } from './events.js'
import { liftedV1, v1Types } from './upcast-v1.js'

/** The version in which each event is written now. Those of version 2 had a first one in 0.1. */
const versions: { readonly [T in EventType]: number } = {
  WorkflowStarted: 2,
  ContextUpdated: 1,
  ItemFound: 1,
  LocationDescribed: 2,
  PlanChosen: 1,
  Recounted: 1,
  StageCompleted: 2,
  ErrorRecorded: 2,
  CompletionReported: 1,
  ItemGivenUp: 1,
  ProgressReported: 2,
  StageClaimed: 2,
  StageReleased: 2,
  StageRetried: 2,
  WorkflowResumed: 2,
  CountsChanged: 1,
  WorkflowCompleted: 2,
  WorkflowFailed: 2,
  WorkflowReopened: 1,
}

/** Every type of event. */
export const eventTypes = Object.keys(versions) as readonly EventType[]

export const currentVersion = (type: EventType): number => versions[type]

/** The log holds an event of a version that this program does not know: a newer one wrote it. */
export class EventTooNew extends Error {
  override readonly name = 'EventTooNew'
  readonly code = 'event-too-new'

  constructor(
    readonly type: EventType,
    readonly version: number,
  ) {
    super(
      `${type} is stored in version ${version} and this program knows versions up to ${currentVersion(type)}. ` +
        'Use the version of crawl-ledger that wrote it, or a newer one.',
    )
  }
}

/** The log holds an event that this program has no name for, or a version that never was. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent'
  readonly code = 'unknown-event'

  constructor(
    readonly type: string,
    readonly version: number,
  ) {
    super(
      `This program knows no event "${type}" of version ${version}. ` +
        'If a newer crawl-ledger wrote it, use that one; if not, the log was changed from outside: run verify.',
    )
  }
}

const isEventType = (type: string): type is EventType => Object.hasOwn(versions, type)

/**
 * A stored event as the domain knows it, whichever version it was stored in. One of 0.1 may mean several. What is
 * stored is never rewritten.
 */
export const lift = (
  stored: Omit<StoredEvent, 'message'>,
): E.Either<EventTooNew | UnknownEvent, readonly CrawlEvent[]> => {
  const { type, v, at } = stored
  if (!Number.isInteger(v) || v < 1) return E.left(new UnknownEvent(type, v))
  if (v <= (v1Types.get(type) ?? 0)) return E.right(liftedV1(stored))
  if (!isEventType(type)) return E.left(new UnknownEvent(type, v))
  if (v > currentVersion(type)) return E.left(new EventTooNew(type, v))
  return E.right([
    { ...(at === undefined ? {} : { at }), data: stored.data, type, v } as unknown as CrawlEvent,
  ])
}
