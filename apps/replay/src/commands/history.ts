import { type Commit, partitionOf } from '@crawl-ledger/log'
import { commitsOf } from '@crawl-ledger/projector'
import { type RecordedEvent, recordedEvents } from 'crawl-ledger'
import type { OpenedStore } from 'crawl-ledger/store'
import { absent, clean, outputOf, short } from '../output.js'
import { type Common, withLedger, withStore } from '../store.js'
import { table } from '../table.js'
import { nameOf } from '../usage.js'

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

const isOf =
  (location: string) =>
  ({ stream }: Commit): boolean =>
    stream === location || stream.startsWith(`${location}/`)

/** A location's whole partition is read: the log has it all, and the views may be behind, or not be there. */
const ofLocation = async ({ store }: OpenedStore, location: string): Promise<readonly RecordedEvent[]> => {
  const partition = partitionOf(location, store.log.partitions)
  const end = (await store.log.tails()).get(partition) ?? 0
  const events: RecordedEvent[] = []
  for await (const commits of commitsOf(store, partition, 0, end))
    events.push(...commits.filter(isOf(location)).flatMap(recordedEvents))
  return events
}

const ofWorkflow = (common: Common, workflow: string): Promise<readonly RecordedEvent[]> =>
  withLedger(common, async ledger => {
    const events: RecordedEvent[] = []
    for await (const event of ledger.history(workflow)) events.push(event)
    return events
  })

/** Every event of a workflow, or of all workflows of a location, in the order of the log. */
export const history = async (given: string, common: Common): Promise<number> => {
  const name = nameOf(given)
  const output = outputOf(common.json === true)
  const isWorkflow = name.includes('/')
  const events = isWorkflow
    ? await ofWorkflow(common, name)
    : await withStore(common, opened => ofLocation(opened, name))
  if (events.length === 0) return absent(`The log has nothing of ${clean(name)}.`)
  output.object({ name, events })
  output.say(tableOf(events, !isWorkflow))
  return 0
}
