/** A stream's name: `LOCATION/BATCH` for a workflow, `LOCATION` for what is told of a location alone; each part escaped. */
export type StreamId = string

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const special = /[/\u0000-\u001f\u007f-\u009f]|%(?=[0-9A-Fa-f]{2})|(?<=^void):/g

const hex = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

/**
 * An id as a part of a key. `/` parts ids, `void:` begins the names of filled holes, and what looks like an escape must
 * not be read as one; every other id is its own key, as it was in 0.1.
 */
export const keyOf = (id: string): string => id.replace(special, hex)

/** The id that a part of a key stands for. What no id is escaped to is an id of 0.1, which escaped nothing. */
export const idOf = (part: string): string => {
  const unescaped = (_: string, code: string): string => String.fromCharCode(Number.parseInt(code, 16))
  const id = part.replace(/%([0-9A-F]{2})/g, unescaped)
  return keyOf(id) === part ? id : part
}

export const workflowStream = (locationId: string, batchId: string): StreamId =>
  `${keyOf(locationId)}/${keyOf(batchId)}`

/** The key of one media item of a workflow. */
export const itemKey = (stream: StreamId, itemId: string): string => `${stream}/${keyOf(itemId)}`

export const locationOf = (stream: StreamId): string => {
  const slash = stream.indexOf('/')
  return idOf(slash < 0 ? stream : stream.slice(0, slash))
}

/** The batch of a workflow's stream; undefined for a location's own. */
export const batchOf = (stream: StreamId): string | undefined => {
  const slash = stream.indexOf('/')
  return slash < 0 ? undefined : idOf(stream.slice(slash + 1))
}
