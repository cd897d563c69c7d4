import type { LocationDocument } from './location.js'
import type { Model } from './model.js'

export interface Totals {
  readonly totals: Readonly<Record<string, number>>
  readonly locations: Readonly<Record<string, LocationTotals>>
}

export interface LocationTotals {
  readonly totalMediaItems: number
  readonly activeWorkflows: number
  readonly completedWorkflows: number
  readonly failedWorkflows: number
  readonly errors: number
  readonly queries: readonly string[]
}

/** The figures of the files `social-*.truth.json`. */
export const totalsOf = ({ workflows, locations, media }: Model): Totals => {
  const places = [...locations.values()]
  const items = [...media.values()]
  const sum = (figureOf: (place: LocationDocument) => number): number =>
    places.reduce((total, place) => total + figureOf(place), 0)
  return {
    totals: {
      locations: places.length,
      workflows: workflows.size,
      activeWorkflows: sum(place => place.activeWorkflows),
      completedWorkflows: sum(place => place.completedWorkflows),
      failedWorkflows: sum(place => place.failedWorkflows),
      mediaItems: items.length,
      errors: sum(place => place.errorCount),
      video: sum(({ itemTypes }) => itemTypes.video),
      image: sum(({ itemTypes }) => itemTypes.image),
      post: sum(({ itemTypes }) => itemTypes.post),
      bytes: items.reduce(
        (total, { metadata: { size } }) => total + (typeof size === 'number' ? size : 0),
        0,
      ),
      analysed: items.filter(({ metadata }) => metadata.analysisResults !== undefined).length,
    },
    locations: Object.fromEntries(
      places.map(place => [
        place.locationId,
        {
          totalMediaItems: place.totalMediaItems,
          activeWorkflows: place.activeWorkflows,
          completedWorkflows: place.completedWorkflows,
          failedWorkflows: place.failedWorkflows,
          errors: place.errorCount,
          queries: [...(place.metadata.queries ?? [])].sort(),
        },
      ]),
    ),
  }
}
