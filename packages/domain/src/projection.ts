import type { CrawlEvent } from './events.js'
import { batchOf, locationOf, type StreamId } from './stream.js'
import type { Place, ViewDocument } from './views/document.js'
import { foldLocation, type LocationDocument } from './views/locations.js'
import { foldMedia, type MediaDocument, mediaIdOf } from './views/media.js'
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
}

/** A named, versioned set of views with the pure functions that fold events into them. */
export interface Projection {
  readonly name: string
  /** Raised whenever a fold changes, so that documents of two versions are never mixed. */
  readonly version: number
  readonly routes: (event: CrawlEvent, stream: StreamId) => readonly Route[]
  /** A new document, without the fields that every document has. */
  readonly fold: (
    view: ViewName,
    document: ViewDocument | undefined,
    event: CrawlEvent,
    place: Place,
  ) => object
  /**
   * What becomes of a commit that cannot be folded into a document: the document is held back while all others go on
   * (`hold`), or its whole partition stops there (`stop`).
   */
  readonly onFailure: 'hold' | 'stop'
}

const routes = (event: CrawlEvent, stream: StreamId): readonly Route[] => {
  const location: Route = { view: 'locations', id: locationOf(stream) }
  if (batchOf(stream) === undefined) return [location]
  const workflow: Route = { view: 'workflows', id: stream }
  const mediaId = mediaIdOf(event)
  return mediaId === undefined
    ? [workflow, location]
    : [workflow, location, { view: 'media', id: `${stream}/${mediaId}` }]
}

const fold: Projection['fold'] = (view, document, event, place) => {
  switch (view) {
    case 'workflows':
      return foldWorkflow(document as WorkflowDocument | undefined, event, place)
    case 'locations':
      return foldLocation(document as LocationDocument | undefined, event, place)
    case 'media':
      return foldMedia(document as MediaDocument | undefined, event, place)
  }
}

/** The read models of the crawl: `workflows`, `locations` and `media`. */
export const crawl: Projection = { name: 'crawl', version: 1, routes, fold, onFailure: 'hold' }

/**
 * The document with an event folded into it. What a document holds already (at or below its `position`) is left to the
 * caller to skip, since a commit is folded whole.
 */
export const folded = (
  projection: Projection,
  { view, id }: Route,
  document: ViewDocument | undefined,
  event: CrawlEvent,
  place: Place,
): ViewDocument =>
  // The fold's answer is new and nobody else's, so it needs no copy.
  Object.assign(projection.fold(view, document, event, place), {
    _id: id,
    v: projection.version,
    position: place.position,
  })
