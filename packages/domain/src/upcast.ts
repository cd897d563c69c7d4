import * as E from 'fp-ts/lib/Either.js'
import type { CrawlEvent, EventType, StoredEvent } from './events.js'
import type { JsonObject } from './json.js'

/** Makes data of one version into data of the next. Total: what was written once must always be read. */
type Step = (data: JsonObject) => JsonObject

/**
 * How each event came to its present form: the first step lifts version 1 to 2, and so on. What is stored is never
 * rewritten, so a step stays for ever; a new form is one more step at the end.
 */
const steps: { readonly [T in EventType]: readonly Step[] } = {
  WorkflowStarted: [],
  WorkflowDescribed: [],
  LocationDescribed: [],
  MediaFound: [],
  StageCompleted: [],
  // While version 1 was written, a stage failed once at most.
  StageFailed: [data => ({ attempt: 1, ...data })],
  StageClaimed: [],
  StageReleased: [],
  StageRetried: [],
  WorkflowResumed: [],
  ProgressReported: [],
  ErrorRecorded: [],
  WorkflowCompleted: [],
  WorkflowFailed: [],
}

/** The types of events that there are. */
export const eventTypes = Object.keys(steps) as readonly EventType[]

/** The version in which an event is written now. */
export const currentVersion = (type: EventType): number => steps[type].length + 1

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

const isEventType = (type: string): type is EventType => Object.hasOwn(steps, type)

/** An event as the domain knows it, whichever version it was stored in. */
export const lift = (
  stored: Omit<StoredEvent, 'message'>,
): E.Either<EventTooNew | UnknownEvent, CrawlEvent> => {
  const { type, v, at } = stored
  if (!isEventType(type) || !Number.isInteger(v) || v < 1) return E.left(new UnknownEvent(type, v))
  const current = currentVersion(type)
  if (v > current) return E.left(new EventTooNew(type, v))
  const data = steps[type].slice(v - 1).reduce((older, step) => step(older), stored.data)
  return E.right({ type, v: current, at, data } as unknown as CrawlEvent)
}
