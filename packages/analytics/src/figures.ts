import { within } from '@crawl-ledger/process'
import type { Analytics, Ledger } from 'crawl-ledger'
import { Failure } from './failure.js'

/** What the route answers: these fields and no others, whatever the ledger counts besides. */
export type Figures = Pick<
  Analytics,
  'locationId' | 'totalMediaItems' | 'activeWorkflows' | 'completedWorkflows' | 'generatedAt'
>

/** The location that a query names. Throws a `Failure` when there is none, or when no location can have that name. */
export const askedLocation = (query: Readonly<Record<string, unknown>>): string => {
  const { locationId } = query
  if (Array.isArray(locationId))
    throw new Failure(
      'location-invalid',
      'Give locationId once: this route answers for one location at a time.',
    )
  if (typeof locationId !== 'string' || locationId === '')
    throw new Failure('location-missing', 'Say which location: GET /analytics?locationId=LOCATION')
  if (locationId.length > 200 || locationId.trim() === '')
    throw new Failure('location-invalid', 'A locationId has 1 to 200 characters and is not only white space.')
  return locationId
}

/** Reads the figures of one location. A store that does not answer in `timeoutMs` counts as away. */
export const readFigures = async (
  ledger: Pick<Ledger, 'analytics'>,
  locationId: string,
  timeoutMs = 10_000,
): Promise<Figures> => {
  const found = await within(timeoutMs, ledger.analytics(locationId))
  if (found === undefined)
    throw new Failure(
      'location-unknown',
      `Nothing is known of the location "${locationId}". Check its spelling (capitals count); ` +
        'a location appears once its first message was projected.',
    )
  const { totalMediaItems, activeWorkflows, completedWorkflows, generatedAt } = found
  return { locationId: found.locationId, totalMediaItems, activeWorkflows, completedWorkflows, generatedAt }
}
