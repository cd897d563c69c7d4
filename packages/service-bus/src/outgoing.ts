import type { ServiceBusMessage } from '@azure/service-bus'
import { batchOf, type EventType, locationOf, sha256 } from '@crawl-ledger/domain'
import { type Found, readEvents, reading } from '@crawl-ledger/log'

/** The handler's name that a commit keeps of what was brought from the old system's collections. */
const imported = 'import'

/** The longest id of a session that the broker takes. */
const longestSession = 128

/** What is sent of a log. */
export interface Choice {
  /** undefined: all. */
  readonly events: ReadonlySet<EventType> | undefined
  /** Whether messages carry the location as their session. */
  readonly sessions: boolean
}

/** All messages of a location are in one session, in the order of the log. */
export const sessionOf = (locationId: string): string =>
  locationId.length <= longestSession ? locationId : sha256(locationId)

/**
 * The messages that a commit is told by. Their ids are made of its place and its hash, so that the broker's duplicate
 * detection knows one that is sent again, and does not take another log's event for it. What was imported is history
 * and is not told anew.
 *
 * @throws CommitUnreadable
 */
export const outgoingOf = (found: Found, { events, sessions }: Choice): readonly ServiceBusMessage[] =>
  reading(found, commit =>
    commit.events.flatMap((stored, index) =>
      readEvents(stored).flatMap((event, part): ServiceBusMessage[] => {
        const cause = commit.messages[stored.message]
        if (cause === undefined || cause.handler === imported || events?.has(event.type) === false) return []
        const { stream, partition, position, version, at: recordedAt, server } = commit
        const locationId = locationOf(stream)
        const batchId = batchOf(stream)
        const place = { locationId, ...(batchId === undefined ? {} : { batchId }) }
        const { traceparent, tracestate } = cause
        // Named one by one: what a sender said is all under `data`, and no field of it meets one of ours.
        const { type, v, at, data } = event
        const told = { type, v, ...(at === undefined ? {} : { at }), data }
        // An event of 0.1 may mean several.
        const number = part === 0 ? `${index}` : `${index}-${part}`
        return [
          {
            body: {
              ...told,
              ...place,
              partition,
              position,
              version,
              recordedAt,
              server,
              messageId: cause.id,
            },
            messageId: `${commit._id}.${number}.${commit.hash.slice(0, 16)}`,
            contentType: 'application/json',
            subject: event.type,
            correlationId: cause.correlationId ?? cause.id,
            ...(sessions ? { sessionId: sessionOf(locationId) } : {}),
            applicationProperties: {
              type: event.type,
              ...place,
              ...(traceparent === undefined ? {} : { traceparent }),
              ...(tracestate === undefined ? {} : { tracestate }),
            },
          },
        ]
      }),
    ),
  )

/** A message that the broker takes whatever the event holds: who needs its data finds it in the log by its place. */
export const withoutData = (message: ServiceBusMessage): ServiceBusMessage => {
  const { data: _data, ...rest } = message.body as { data: unknown }
  return { ...message, body: { ...rest, dataOmitted: true } }
}
