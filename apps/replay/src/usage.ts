import { idOf } from '@crawl-ledger/domain'

/** The command line asks for something that there is not: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** `3:17`: a partition and a position in it. */
export const placeOf = (text: string): { readonly partition: number; readonly position: number } => {
  const [, partition, position] = /^(\d{1,4}):(\d{1,12})$/.exec(text) ?? []
  if (partition === undefined || position === undefined)
    throw new UsageError(`"${text}" is no place: give PARTITION:POSITION, such as 3:17.`)
  return { partition: Number(partition), position: Number(position) }
}

/** ISO 8601: `Date.parse` alone also takes what is no time, such as -5. */
const time = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/

/** All digits: a position of the location's partition; else a time. */
export const momentOf = (text: string): { readonly position: number } | { readonly time: string } => {
  if (/^\d+$/.test(text)) return { position: Number(text) }
  if (!time.test(text) || Number.isNaN(Date.parse(text)))
    throw new UsageError(`"${text}" is neither a position (digits) nor a time such as 2026-11-24T12:00:00Z.`)
  return { time: text }
}

/** A workflow, or without a batch a location. */
export interface Named {
  readonly locationId: string
  readonly batchId?: string
}

export interface NamedWorkflow extends Named {
  readonly batchId: string
}

const ids = 'such as osaka-8 batch-7 or osaka-8/batch-7'

const unescaped = ({ locationId, batchId }: NamedWorkflow): NamedWorkflow => ({
  locationId: idOf(locationId),
  batchId: idOf(batchId),
})

/**
 * The workflows that a command line may mean, the likeliest first: `LOCATION BATCH`, as the ids are; or in one word
 * `LOCATION/BATCH`, with the ids as they are, or as keys have them.
 */
export const workflowsOf = (first: string, batchId?: string): readonly NamedWorkflow[] => {
  if (batchId !== undefined) {
    if (first.trim() === '' || batchId.trim() === '')
      throw new UsageError(`"${first}" and "${batchId}" are no workflow: give LOCATION and BATCH, ${ids}.`)
    return [{ locationId: first, batchId }]
  }
  const [location = '', batch = '', more] = first.split('/')
  if (more !== undefined)
    throw new UsageError(`"${first}" may mean several workflows: give LOCATION and BATCH as two words.`)
  if (location.trim() === '' || batch.trim() === '')
    throw new UsageError(`"${first}" is no workflow: give LOCATION and BATCH, ${ids}.`)
  const plain = { locationId: location, batchId: batch }
  const key = unescaped(plain)
  return key.locationId === location && key.batchId === batch ? [plain] : [plain, key]
}

/** The same, or the locations that one word may mean. */
export const namesOf = (first: string, batchId?: string): readonly Named[] => {
  if (batchId !== undefined || first.includes('/')) return workflowsOf(first, batchId)
  const locationId = locationNameOf(first)
  const key = idOf(locationId)
  return key === locationId ? [{ locationId }] : [{ locationId }, { locationId: key }]
}

export const locationNameOf = (text: string): string => {
  if (text.trim() === '')
    throw new UsageError(`"${text}" is no location: give the id of one, such as osaka-8.`)
  return text
}

/** As a person reads it. */
export const nameText = ({ locationId, batchId }: Named): string =>
  batchId === undefined ? locationId : `${locationId}/${batchId}`

/** A whole number above 0, of an option. */
export const wholeOf =
  (option: string) =>
  (text: string): number => {
    const number = Number(text)
    if (!Number.isInteger(number) || number < 1)
      throw new UsageError(`${option}: it must be a whole number of 1 or more, and not "${text}".`)
    return number
  }
