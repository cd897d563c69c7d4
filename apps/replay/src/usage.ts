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

/** All digits: a position of the location's partition; else a time. */
export const momentOf = (text: string): { readonly position: number } | { readonly time: string } => {
  if (/^\d+$/.test(text)) return { position: Number(text) }
  if (Number.isNaN(Date.parse(text)))
    throw new UsageError(`"${text}" is neither a position (digits) nor a time such as 2026-11-24T12:00:00Z.`)
  return { time: text }
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
