import { cutValue, isLong, isLongName, shortName, shortText, textKept, weightOf } from '../cut.js'
import type { ContextData, CrawlEvent, ErrorData } from '../events.js'
import { type Json, type JsonObject, put } from '../json.js'

// Events as the bounded views fold them: each text and each name is short. How long values may be depends on how many
// there are, which the document knows.

/** Under a name that is cut no value is whole, so that its mark says where both are. */
const withShortNames = (values: JsonObject, position: number): JsonObject => {
  let hasLong = false
  for (const name in values) hasLong ||= isLongName(name)
  if (!hasLong) return values
  const short: Record<string, Json> = {}
  for (const name of Object.keys(values)) {
    const value = values[name] as Json
    if (isLongName(name)) put(short, shortName(name), cutValue(value, position))
    else put(short, name, value)
  }
  return short
}

const shortContext = <D extends ContextData>(data: D, position: number): D => {
  const { metadata, fields, itemUrl, itemType } = data
  const short: { -readonly [F in keyof ContextData]?: ContextData[F] } = {}
  if (metadata !== undefined) short.metadata = withShortNames(metadata, position)
  if (fields !== undefined) short.fields = withShortNames(fields, position)
  if (itemUrl !== undefined) short.itemUrl = shortText(itemUrl, position)
  if (itemType !== undefined) short.itemType = shortText(itemType, position)
  const isSame =
    short.metadata === metadata &&
    short.fields === fields &&
    short.itemUrl === itemUrl &&
    short.itemType === itemType
  return isSame ? data : Object.assign({}, data, short)
}

/** What else was told of an error stands under `cut` where it is too much. */
const shortError = <E extends ErrorData>(error: E, position: number): E => {
  const { error: text, more } = error
  const isMuch = more !== undefined && weightOf(more, textKept) > textKept
  if (!isMuch && !isLong(text)) return error
  const short = isMuch ? { more: { cut: cutValue(more, position) } } : {}
  return Object.assign({}, error, { error: shortText(text, position) }, short)
}

/** The event with what of it is too long for a view cut. `position` is that of its commit. */
export const shortened = (event: CrawlEvent, position: number): CrawlEvent => {
  const shortData = (): CrawlEvent['data'] => {
    switch (event.type) {
      case 'ContextUpdated':
      case 'ItemFound':
      case 'StageCompleted':
        return shortContext(event.data, position)
      case 'ErrorRecorded': {
        const { merged } = event.data
        if (merged === undefined) return shortError(event.data, position)
        // Where there is one it is what lists show.
        const short = shortError(merged, position)
        return short === merged ? event.data : Object.assign({}, event.data, { merged: short })
      }
      case 'Recounted': {
        const { errors } = event.data
        return Object.assign({}, event.data, { errors: errors.map(error => shortError(error, position)) })
      }
      case 'WorkflowFailed': {
        const failure = shortError(event.data.failure, position)
        return failure === event.data.failure ? event.data : { failure, from: event.data.from }
      }
      case 'LocationDescribed': {
        const { locationName } = event.data
        return locationName === undefined || !isLong(locationName)
          ? event.data
          : Object.assign({}, event.data, { locationName: shortText(locationName, position) })
      }
      default:
        return event.data
    }
  }
  const data = shortData()
  return data === event.data ? event : (Object.assign({}, event, { data }) as CrawlEvent)
}
