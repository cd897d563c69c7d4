import { keyOf } from '@crawl-ledger/domain'
import { type Found, partitionOf } from '@crawl-ledger/log'
import { places } from '@crawl-ledger/projector'
import { type RecordedEvent, recordedEvents } from 'crawl-ledger'
import type { OpenedStore } from 'crawl-ledger/store'
import { absent, clean, outputOf, short } from '../output.js'
import { type Common, withLedger, withStore } from '../store.js'
import { table } from '../table.js'
import { type Named, type NamedWorkflow, namesOf, nameText } from '../usage.js'

/** The workflow is told where there may be several. */
const tableOf = (events: readonly RecordedEvent[], ofLocation: boolean): string =>
  table(
    ['position', ...(ofLocation ? ['workflow'] : []), 'version', 'taken at', 'event', 'data', 'by'],
    events.map(({ position, stream, version, recordedAt, event, server }) => [
      position,
      ...(ofLocation ? [stream] : []),
      version,
      recordedAt,
      event.type,
      short(JSON.stringify(event.data), 60),
      server,
    ]),
  )

/** Its key begins the names of its streams; 0.1 escaped nothing, so there it was the id. */
const isOf =
  (locationId: string) =>
  ({ stream }: Found): boolean =>
    // What cannot be read may not even tell whose it is.
    stream === undefined ||
    [keyOf(locationId), locationId].some(key => stream === key || stream.startsWith(`${key}/`))

/** A location's whole partition is read: the log has it all, and the views may be behind, or not be there. */
const ofLocation = async ({ store }: OpenedStore, locationId: string): Promise<readonly RecordedEvent[]> => {
  const partition = partitionOf(locationId, store.log.partitions)
  const end = (await store.log.tails()).get(partition) ?? 0
  const events: RecordedEvent[] = []
  for await (const found of places(store.log, partition, 0, end))
    events.push(...found.filter(isOf(locationId)).flatMap(recordedEvents))
  return events
}

const ofWorkflow = (common: Common, workflow: NamedWorkflow): Promise<readonly RecordedEvent[]> =>
  withLedger(common, async ledger => {
    const events: RecordedEvent[] = []
    for await (const event of ledger.history(workflow)) events.push(event)
    return events
  })

const eventsOf = ({ locationId, batchId }: Named, common: Common): Promise<readonly RecordedEvent[]> =>
  batchId === undefined
    ? withStore(common, opened => ofLocation(opened, locationId))
    : ofWorkflow(common, { locationId, batchId })

/** Every event of a workflow, or of all workflows of a location, in the order of the log. */
export const history = async (
  location: string,
  batch: string | undefined,
  common: Common,
): Promise<number> => {
  const names = namesOf(location, batch)
  const output = outputOf(common.json === true)
  for (const name of names) {
    const events = await eventsOf(name, common)
    if (events.length === 0) continue
    output.object({ name: nameText(name), ...name, events })
    output.say(tableOf(events, name.batchId === undefined))
    return 0
  }
  return absent(`The log has nothing of ${clean(nameText(names[0] ?? { locationId: location }))}.`)
}
