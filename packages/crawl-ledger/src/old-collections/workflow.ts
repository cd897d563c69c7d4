import { canonical, isObject, type Json, type JsonObject } from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'
import { Fields, namesOf } from './fields.js'
import type { Description } from './location.js'
import { drafting, envelopeFields, perhaps, type Unreadable, unreadable } from './old-document.js'
import { errorFields, stageMessages, takeStages } from './stages.js'
import {
  countOf,
  countryOf,
  errorsOf,
  geoOf,
  type OldStatus,
  percentOf,
  statusOf,
  textsOf,
  timeOf,
} from './values.js'

const known = [...envelopeFields, 'countryCode', 'queries', 'geo', 'location', 'stages', 'expectedItems']

const locationOf = (value: Json): JsonObject | undefined =>
  typeof value === 'string'
    ? { name: value }
    : isObject(value) && (value.name === undefined || typeof value.name === 'string')
      ? value
      : undefined

/** Of what is said of a location, what the workflow says otherwise: its own word counts, and the other is kept. */
const differing = (said: JsonObject, own: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(said).filter(([name, value]) => {
      const other = Object.hasOwn(own, name) ? own[name] : undefined
      return other !== undefined && canonical(other) !== canonical(value)
    }),
  )

/** Where a workflow stands. An unknown word stays among the fields; then it counts as open. */
const standing = (fields: Fields): OldStatus => {
  const said = fields.take(statusOf, 'status', 'state')
  if (said !== undefined) return said
  const at = (name: string): boolean => timeOf(fields.peek(name) ?? null) !== undefined
  return at('completedAt') ? 'completed' : at('failedAt') ? 'failed' : 'open'
}

/**
 * The messages that a workflow's document stands for.
 *
 * @param description what its location's own document says
 */
export const workflowMessages = (
  document: JsonObject,
  description?: Description,
): E.Either<Unreadable, readonly JsonObject[]> => {
  const fields = new Fields(document)
  const names = namesOf(fields, ['locationId', 'batchId'])
  if (E.isLeft(names)) return E.left(unreadable('workflows', document, names.left))
  const [locationId = '', batchId = ''] = names.right
  const draft = drafting('workflows', document, { locationId, batchId })

  const status = standing(fields)
  const startedAt = fields.take(timeOf, 'createdAt', 'startedAt', 'at')
  const endedAt =
    status === 'open' ? undefined : fields.take(timeOf, status === 'failed' ? 'failedAt' : 'completedAt')
  const updatedAt = fields.take(timeOf, 'updatedAt')
  const stages = takeStages(fields)
  const { messages: ofStages, open } = stageMessages(draft, stages)
  const errors = [...(fields.take(errorsOf, 'errors') ?? []), ...(fields.take(errorsOf, 'error') ?? [])]
  const summary = status === 'completed' ? fields.take(v => v, 'summary') : undefined
  const progress = fields.take(percentOf, 'progress')
  const own: JsonObject = {
    ...perhaps('countryCode', fields.take(countryOf, 'countryCode', 'country')),
    ...perhaps('geo', fields.take(geoOf, 'geo', 'coordinates')),
  }
  const ownLocation = fields.take(locationOf, 'location') ?? {}
  const { locationId: _, location: said = {}, ...ofLocation }: Partial<Description> = description ?? {}
  const location = { ...said, ...ownLocation }
  const hiddenLocation = differing(said, ownLocation)
  const hidden = {
    ...differing(ofLocation, own),
    ...(Object.keys(hiddenLocation).length === 0 ? {} : { location: hiddenLocation }),
  }

  const understood = {
    ...perhaps('at', startedAt ?? updatedAt ?? endedAt),
    ...ofLocation,
    ...own,
    ...perhaps('queries', fields.take(textsOf, 'queries', 'query')),
    ...(Object.keys(location).length === 0 ? {} : { location }),
    ...(stages.length === 0 ? {} : { stages: stages.map(([name]) => name) }),
    ...perhaps('expectedItems', fields.take(countOf, 'expectedItems')),
  }
  const rest = fields.rest(known)
  const old = {
    ...(isObject(rest.old) ? rest.old : {}),
    ...(Object.keys(open).length === 0 ? {} : { stages: open }),
    ...(Object.keys(hidden).length === 0 ? {} : { ofLocation: hidden }),
  }

  const end = perhaps('at', endedAt ?? updatedAt)
  const ended = (): readonly JsonObject[] => {
    if (status === 'completed')
      return [draft('workflow-complete', 0, { ...end, ...perhaps('summary', summary) })]
    if (status === 'failed' && errors.length === 0)
      return [
        draft('error', 'fatal', {
          ...end,
          error: { message: 'The workflow failed; its error was not kept.' },
          fatal: true,
        }),
      ]
    return []
  }
  return E.right([
    draft('new-batch', 0, { ...rest, ...understood, ...(Object.keys(old).length === 0 ? {} : { old }) }),
    ...ofStages,
    ...(progress === undefined || progress === 0
      ? []
      : [draft('workflow-progress', 0, { ...perhaps('at', updatedAt), progress })]),
    ...errors.map((error, i) =>
      draft('error', i, {
        ...errorFields(error, updatedAt),
        // The last error of a failed workflow is the one that ended it.
        ...(status === 'failed' && i === errors.length - 1 ? { fatal: true } : {}),
      }),
    ),
    ...ended(),
  ])
}
