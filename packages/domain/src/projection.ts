import type { CrawlEvent } from './events.js'
import { batchOf, itemKey, keyOf, locationOf, type StreamId } from './stream.js'
import type { Place, ViewDocument } from './views/document.js'
import { foldLocation, type LocationDocument } from './views/locations.js'
import { foldMedia, itemIdOfEvent, type MediaDocument } from './views/media.js'
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

const fold: Projection['fold'] = ({ view, itemId }, document, event, place) => {
  switch (view) {
    case 'workflows':
      return foldWorkflow(document as WorkflowDocument | undefined, event, place)
    case 'locations':
      return foldLocation(document as LocationDocument | undefined, event, place)
    case 'media':
      return foldMedia(document as MediaDocument | undefined, itemId ?? '', event, place)
  }
}

/** The read models of the crawl: `workflows`, `locations` and `media`. */
export const crawl: Projection = { name: 'crawl', version: 2, routes, fold, onFailure: 'hold' }

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
