import type { CrawlEvent } from './events.js'
import { batchOf, locationOf } from './stream.js'
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

/** A document that an event changes, and how. */
export interface Route {
  readonly view: ViewName
  readonly id: string
  readonly fold: (document: ViewDocument | undefined) => object
}

/** A named, versioned set of views with the pure function that folds events into them. */
export interface Projection {
  readonly name: string
  /** Raised whenever a fold changes, so that documents of two versions are never mixed. */
  readonly version: number
  readonly routes: (event: CrawlEvent, place: Place) => readonly Route[]
}

const routes = (event: CrawlEvent, place: Place): readonly Route[] => {
  const { stream } = place
  const location: Route = {
    view: 'locations',
    id: locationOf(stream),
    fold: document => foldLocation(document as LocationDocument | undefined, event, place),
  }
  if (batchOf(stream) === undefined) return [location]
  const workflow: Route = {
    view: 'workflows',
    id: stream,
    fold: document => foldWorkflow(document as WorkflowDocument | undefined, event, place),
  }
  const mediaId = mediaIdOf(event)
  if (mediaId === undefined) return [workflow, location]
  return [
    workflow,
    location,
    {
      view: 'media',
      id: `${stream}/${mediaId}`,
      fold: document => foldMedia(document as MediaDocument | undefined, event, place, mediaId),
    },
  ]
}

/** The read models of the crawl: `workflows`, `locations` and `media`. */
export const crawl: Projection = { name: 'crawl', version: 1, routes }

/**
 * Folds one commit's events into a document through one route each; what a document holds already
 * (at or below its `position`) is left to the caller to skip, since a commit is folded whole.
 */
export const folded = (
  projection: Projection,
  route: Route,
  document: ViewDocument | undefined,
  position: number,
): ViewDocument => ({
  ...(route.fold(document) as ViewDocument),
  _id: route.id,
  v: projection.version,
  position,
})
