import { type EventType, eventTypes } from '@crawl-ledger/domain'
import { interruption } from '../interruption.js'
import { clean, outputOf, short } from '../output.js'
import { type Common, withLedger } from '../store.js'
import { locationNameOf, UsageError } from '../usage.js'

const eventTypeOf = (text: string): EventType => {
  const found = eventTypes.find(type => type === text)
  if (found === undefined)
    throw new UsageError(`There is no event type "${text}". There are: ${eventTypes.join(', ')}.`)
  return found
}

/** Events as they come, until it is ended. */
export const tail = (
  command: Common & { readonly location?: string; readonly type?: string },
): Promise<number> => {
  const location = command.location === undefined ? undefined : locationNameOf(command.location)
  const type = command.type === undefined ? undefined : eventTypeOf(command.type)
  return withLedger(
    command,
    ledger =>
      new Promise<number>((resolve, reject) => {
        const output = outputOf(command.json === true)
        const following = ledger.changes().subscribe({
          next: recorded => {
            const { stream, partition, position, recordedAt, event } = recorded
            if (location !== undefined && stream.split('/')[0] !== location) return
            if (type !== undefined && event.type !== type) return
            output.object(recorded)
            output.say(
              clean(
                `${recordedAt} ${partition}:${position} ${stream} ${event.type} ${short(JSON.stringify(event.data))}`,
              ),
            )
          },
          error: reject,
        })
        interruption().addEventListener('abort', () => {
          following.unsubscribe()
          resolve(0)
        })
      }),
  )
}
