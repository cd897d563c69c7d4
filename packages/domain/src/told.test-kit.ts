import { canonical } from '@crawl-ledger/testing'
import * as assert from 'uvu/assert'
import { type Command, commandEnvelope } from './commands.js'
import { type Commit, decided, envelope, projected, receivedAt, recorded } from './crawl.test-kit.js'
import type { CrawlEvent } from './events.js'
import type { Envelope } from './messages.js'
import { initialState, type WorkflowState } from './state.js'
import type { ViewDocument } from './views/document.js'
import type { LocationDocument } from './views/locations.js'
import type { MediaDocument } from './views/media.js'
import type { WorkflowDocument } from './views/workflows.js'

// Messages of one workflow `b` at the location `l`, and what is known when they were told.

/** An ISO time, so many minutes after noon. */
export const time = (minutes: number): string => new Date(Date.UTC(2024, 4, 1, 12, minutes)).toISOString()

export const batch = (fields: object = {}): object => ({
  batchId: 'b',
  locationId: 'l',
  stage: 'crawl-media',
  timestamp: time(0),
  completedStages: [],
  metadata: {},
  ...fields,
})

export const item = (fields: object = {}): object => batch({ itemId: 'i', stage: 'prep-media', ...fields })

const message =
  (type: string) =>
  (context: object, payload?: unknown): object => ({
    type,
    context,
    ...(payload === undefined ? {} : { payload }),
  })

export const newBatch = message('new_batch')
export const itemFound = message('item_found')
export const stageComplete = message('stage_complete')
export const progressOf = message('workflow_progress')
export const errorOf = message('error')
export const complete = message('workflow_complete')
export const saveWorkflow = message('save_workflow')
export const saveLocation = message('save_location')
export const saveMediaItem = message('save_media_item')

/** All batch stages are done. */
export const batchDone = saveWorkflow(batch({ completedStages: ['find-location', 'control', 'crawl-media'] }))

// Commands, each of a server `s`.

const ofWorkflow = { batchId: 'b', locationId: 'l', server: 's' }
const leaseMs = 60_000
let asked = 0

const ask = (command: Command, id = `ask${++asked}`): Envelope => commandEnvelope(command, id, receivedAt)
export const claim = (id: string, minutes = 0, fields: object = {}): Envelope =>
  ask(
    {
      ...ofWorkflow,
      type: 'claim',
      stage: 'prep-media',
      most: 1,
      now: time(minutes),
      leaseMs,
      ...fields,
    } as Command,
    id,
  )
export const heartbeat = (id: string, minutes: number): Envelope =>
  ask({
    ...ofWorkflow,
    type: 'heartbeat',
    stage: 'prep-media',
    itemId: 'i',
    claim: id,
    now: time(minutes),
    leaseMs,
  })
export const release = (id: string): Envelope =>
  ask({ ...ofWorkflow, type: 'release', stage: 'prep-media', itemId: 'i', claim: id })
export const retry = (...stages: readonly string[]): Envelope =>
  ask({ ...ofWorkflow, type: 'retry', ...(stages.length === 0 ? {} : { stages }) })
export const resume = (): Envelope => ask({ ...ofWorkflow, type: 'resume' })

const asEnvelope = (raw: object): Envelope => ('digest' in raw ? (raw as Envelope) : envelope(raw))

/** What of a document the messages decide: all but the store's fields and our own notes. */
export const shown = (document: object | undefined): string =>
  canonical(
    Object.fromEntries(
      Object.entries(document ?? {}).filter(
        ([field]) => !field.startsWith('_') && !['position', 'recordedAt', 'v', 'version'].includes(field),
      ),
    ),
  )

export const shownAll = (commits: readonly Commit[]): string =>
  canonical([...projected(commits)].map(([key, document]) => [key, shown(document)]).sort())

/** The same without the positions where something that is cut is whole: in another order these are others. */
export const shownWithoutPlaces = (commits: readonly Commit[]): string =>
  shownAll(commits)
    .replaceAll(/position(\\?":)\d+/g, 'position$10')
    .replaceAll(/\[position \d+\]/g, '[position 0]')

/** Some orders of a list: all of a short one, else each rotation, forwards and backwards. */
const ordersOf = <T>(all: readonly T[]): readonly (readonly T[])[] => {
  if (all.length <= 1) return [all]
  if (all.length > 4)
    return all.flatMap((_, i) => {
      const turned = [...all.slice(i), ...all.slice(0, i)]
      return [turned, turned.toReversed()]
    })
  return all.flatMap((one, i) => ordersOf(all.toSpliced(i, 1)).map(rest => [one, ...rest]))
}

export interface Known {
  readonly workflow: WorkflowDocument
  readonly location: LocationDocument
  readonly media: (itemId?: string) => MediaDocument
  readonly has: (key: string) => boolean
  readonly itemIds: readonly string[]
}

const knownIn = (documents: ReadonlyMap<string, ViewDocument>): Known => ({
  workflow: documents.get('workflows:l/b') as WorkflowDocument,
  location: documents.get('locations:l') as LocationDocument,
  media: (itemId = 'i') => documents.get(`media:l/b/${itemId}`) as MediaDocument,
  has: key => documents.has(key),
  itemIds: [...documents.values()].flatMap(one => ('itemId' in one ? [String(one.itemId)] : [])).sort(),
})

/** The documents that these give in their order. */
export const after = (...raws: readonly object[]): Known => knownIn(projected(recorded(raws.map(asEnvelope))))

/** The documents that these messages give, in whatever order and however often they come. */
export const told = (...raws: readonly object[]): Known => {
  const commits = ordersOf(raws).map(order => recorded([...order, ...order].map(asEnvelope)))
  const [first = []] = commits
  for (const other of commits) assert.is(shownAll(other), shownAll(first))
  return knownIn(projected(first))
}

/** What deciding knows after these. */
export const stateAfter = (...raws: readonly object[]): WorkflowState =>
  raws.map(asEnvelope).reduce((known, one) => decided(known, one).state, initialState)

type Told = { readonly type: CrawlEvent['type']; readonly data: object }

/** Given messages that were handled before, when another comes, it gives these events. */
export const given = (...before: readonly object[]) => ({
  when: (raw: object) => ({
    gives: (...expected: readonly Told[]): void => {
      assert.equal(
        decided(stateAfter(...before), asEnvelope(raw)).events.map(({ type, data }) => ({ type, data })),
        expected,
      )
    },
    notes: (...expected: readonly string[]): void => {
      assert.equal(decided(stateAfter(...before), asEnvelope(raw)).notes, expected)
    },
  }),
})
