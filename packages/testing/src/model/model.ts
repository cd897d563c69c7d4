import { groupBy } from '../json.js'
import type { MediaDocument } from './item.js'
import { type LocationDocument, locationOf } from './location.js'
import { type Message, read } from './message.js'
import { type WorkflowDocument, workflowOf } from './workflow.js'

export interface Model {
  /** By `JSON.stringify([locationId, batchId])`. */
  readonly workflows: ReadonlyMap<string, WorkflowDocument>
  readonly locations: ReadonlyMap<string, LocationDocument>
  /** By `JSON.stringify([locationId, batchId, itemId])`. */
  readonly media: ReadonlyMap<string, MediaDocument>
}

/** What the views say after these messages, in whatever order and however often they came. */
export const modelOf = (messages: readonly Message[]): Model => {
  const tolds = messages.map(read).filter(told => told !== undefined)
  const workflows = new Map(
    [
      ...groupBy(tolds, ({ locationId, batchId }) =>
        batchId === undefined ? undefined : JSON.stringify([locationId, batchId]),
      ),
    ].map(([key, group]) => [key, workflowOf(group)]),
  )
  const byLocation = groupBy([...workflows.values()], ({ document }) => document.locationId)
  const locations = [...groupBy(tolds, ({ locationId }) => locationId)].map(
    ([locationId, group]) =>
      [locationId, locationOf(locationId, group, byLocation.get(locationId) ?? [])] as const,
  )
  const media = [...workflows.values()].flatMap(({ items }) =>
    items.map(
      ({ document, itemId }) =>
        [JSON.stringify([document.locationId, document.batchId, itemId]), document] as const,
    ),
  )
  return {
    workflows: new Map([...workflows].map(([key, { document }]) => [key, document])),
    locations: new Map(locations),
    media: new Map(media),
  }
}
