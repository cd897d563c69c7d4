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

const isName = (text: string): boolean => text.split('/').every(part => part !== '')

/** `LOCATION/BATCH`. */
export const workflowOf = (text: string): string => {
  if (text.split('/').length !== 2 || !isName(text))
    throw new UsageError(`"${text}" is no workflow: give LOCATION/BATCH, such as osaka-8/batch-7.`)
  return text
}

export const locationNameOf = (text: string): string => {
  if (text.includes('/') || !isName(text))
    throw new UsageError(`"${text}" is no location: give the name before the "/" of a workflow.`)
  return text
}

/** `LOCATION/BATCH` or `LOCATION`. */
export const nameOf = (text: string): string => {
  if (text.split('/').length > 2 || !isName(text))
    throw new UsageError(`"${text}" is no name: give LOCATION/BATCH, such as osaka-8/batch-7, or LOCATION.`)
  return text
}

/** A whole number above 0, of an option. */
export const wholeOf =
  (option: string) =>
  (text: string): number => {
    const number = Number(text)
    if (!Number.isInteger(number) || number < 1)
      throw new UsageError(`${option}: it must be a whole number of 1 or more, and not "${text}".`)
    return number
  }
