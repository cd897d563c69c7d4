import { comparable, comparableShown } from './cut.js'
import type { CrawlEvent } from './events.js'
import { batchOf, itemKey, keyOf, locationOf, type StreamId } from './stream.js'
import { boundedItem, boundedWorkflow } from './views/bounded.js'
import type { Place, ViewDocument } from './views/document.js'
import { foldLocation, type LocationDocument } from './views/locations.js'
import { foldMedia, itemIdOfEvent, type MediaDocument } from './views/media.js'
import { shortened } from './views/shortened.js'
import { foldWorkflow, type WorkflowDocument } from './views/workflows.js'

export interface Views {
  readonly workflows: WorkflowDocument
  readonly locations: LocationDocument
  readonly media: MediaDocument
}

export type ViewName = keyof Views
export type AnyDocument = Views[ViewName]
export const viewNames: readonly ViewName[] = ['workflows', 'locations', 'media']

/** A document that an event changes. */
export interface Route {
  readonly view: ViewName
  readonly id: string
  /** The item of a media document. */
  readonly itemId?: string
}

/** A named, versioned set of views with the pure functions that fold events into them. */
export interface Projection {
  readonly name: string
  /** Raised whenever a fold changes, so that documents of two versions are never mixed. */
  readonly version: number
  readonly routes: (event: CrawlEvent, stream: StreamId) => readonly Route[]
  /** A new document, without the fields that every document has. */
  readonly fold: (route: Route, document: ViewDocument | undefined, event: CrawlEvent, place: Place) => object
  /**
   * What becomes of a commit that cannot be folded into a document: the document is held back while all others go on
   * (`hold`), or its whole partition stops there (`stop`).
   */
  readonly onFailure: 'hold' | 'stop'
}

const mediaRoute = (stream: StreamId, itemId: string): Route => ({
  view: 'media',
  id: itemKey(stream, itemId),
  itemId,
})

const routes = (event: CrawlEvent, stream: StreamId): readonly Route[] => {
  const location: Route = { view: 'locations', id: keyOf(locationOf(stream)) }
  if (batchOf(stream) === undefined) return [location]
  const workflow: Route = { view: 'workflows', id: stream }
  const itemId = itemIdOfEvent(event)
  // What a late plan changes in the whole is told by an event of its own.
  if (event.type === 'Recounted' && itemId !== undefined) return [mediaRoute(stream, itemId)]
  if (event.type === 'PlanChosen')
    return [workflow, location, ...event.data.itemIds.map(id => mediaRoute(stream, id))]
  return itemId === undefined ? [workflow, location] : [workflow, location, mediaRoute(stream, itemId)]
}

const foldWhole: Projection['fold'] = ({ view, itemId }, document, event, place) => {
  switch (view) {
    case 'workflows':
      return foldWorkflow(document as WorkflowDocument | undefined, event, place, comparable)
    case 'locations':
      return foldLocation(document as LocationDocument | undefined, event, place)
    case 'media':
      return foldMedia(document as MediaDocument | undefined, itemId ?? '', event, place, comparable)
  }
}

const fold: Projection['fold'] = ({ view, itemId }, document, event, place) => {
  const { position } = place
  switch (view) {
    case 'workflows': {
      const short = shortened(event, position)
      const known = document as WorkflowDocument | undefined
      return boundedWorkflow(foldWorkflow(known, short, place, comparableShown), short, position)
    }
    case 'locations':
      return foldLocation(document as LocationDocument | undefined, event, place)
    case 'media': {
      const short = shortened(event, position)
      const known = document as MediaDocument | undefined
      return boundedItem(foldMedia(known, itemId ?? '', short, place, comparableShown), short, position)
    }
  }
}

/** The read models of the crawl: `workflows`, `locations` and `media`. No document takes more than 8 MiB. */
export const crawl: Projection = { name: 'crawl', version: 3, routes, fold, onFailure: 'hold' }

/** The same with nothing cut, for what is handed out to go on with. No store need take it. */
export const crawlWhole: Projection = { ...crawl, fold: foldWhole }

/**
 * The document with an event folded into it. What a document holds already (at or below its `position`) is left to the
 * caller to skip, since a commit is folded whole.
 */
export const folded = (
  projection: Projection,
  route: Route,
  document: ViewDocument | undefined,
  event: CrawlEvent,
  place: Place,
): ViewDocument =>
  // The fold's answer is new and nobody else's, so it needs no copy.
  Object.assign(projection.fold(route, document, event, place), {
    _id: route.id,
    v: projection.version,
    position: place.position,
  })
