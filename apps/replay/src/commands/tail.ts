import { type EventType, eventTypes, locationOf } from '@crawl-ledger/domain'
import { StoreUnavailable } from '@crawl-ledger/log'
import { follow } from '@crawl-ledger/projector'
import { followedEvents, type RecordedEvent } from 'crawl-ledger'
import { filter, from, fromEvent, lastValueFrom, mergeMap, NEVER, retry, takeUntil, tap, timer } from 'rxjs'
import { untilInterrupted } from '../interruption.js'
import { clean, outputOf, short } from '../output.js'
import { type Common, withStore } from '../store.js'
import { locationNameOf, UsageError } from '../usage.js'

export interface TailCommand extends Common {
  readonly location?: string
  readonly type?: string
}

const longestPauseMs = 5000

const eventTypeOf = (text: string): EventType => {
  const found = eventTypes.find(type => type === text)
  if (found === undefined)
    throw new UsageError(`There is no event type "${text}". There are: ${eventTypes.join(', ')}.`)
  return found
}

/** Which events are asked for. */
const asked = ({ location, type }: TailCommand): ((recorded: RecordedEvent) => boolean) => {
  const wantedLocation = location === undefined ? undefined : locationNameOf(location)
  const wantedType = type === undefined ? undefined : eventTypeOf(type)
  return ({ stream, event }) =>
    (wantedLocation === undefined || locationOf(stream) === wantedLocation) &&
    (wantedType === undefined || event.type === wantedType)
}

/** Events as they come, until it is ended. While the store is away it waits, and goes on where it was. */
export const tail = (command: TailCommand): Promise<number> => {
  const isAsked = asked(command)
  const output = outputOf(command.json === true)
  const tell = (recorded: RecordedEvent): void => {
    const { stream, partition, position, recordedAt, event } = recorded
    output.object(recorded)
    const place = `${recordedAt} ${partition}:${position} ${stream}`
    output.say(clean(`${place} ${event.type} ${short(JSON.stringify(event.data))}`))
  }
  const eventsIn = followedEvents(error =>
    process.stderr.write(`${error.message} Nothing more of this partition is shown.\n`),
  )
  const wait = (error: unknown, attempt: number) => {
    if (!(error instanceof StoreUnavailable)) throw error
    if (attempt === 1) process.stderr.write(`${error.message} Going on when it does.\n`)
    return timer(Math.min(longestPauseMs, 100 * 2 ** attempt))
  }
  return untilInterrupted(signal =>
    withStore(command, async ({ store: { log } }) => {
      const events = follow(log, await log.tails(), NEVER).pipe(
        retry({ delay: wait, resetOnSuccess: true }),
        mergeMap(found => from(eventsIn(found))),
        filter(isAsked),
        tap(tell),
        takeUntil(fromEvent(signal, 'abort')),
      )
      await lastValueFrom(events, { defaultValue: undefined })
      return 0
    }),
  )
}
