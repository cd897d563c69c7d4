/** A stream's name: `LOCATION/BATCH` for a workflow, `LOCATION` for what is told of a location alone. */
export type StreamId = string

export const workflowStream = (locationId: string, batchId: string): StreamId => `${locationId}/${batchId}`

export const locationOf = (stream: StreamId): string => {
  const slash = stream.indexOf('/')
  return slash < 0 ? stream : stream.slice(0, slash)
}

/** The batch of a workflow's stream; undefined for a location's own. */
export const batchOf = (stream: StreamId): string | undefined => {
  const slash = stream.indexOf('/')
  return slash < 0 ? undefined : stream.slice(slash + 1)
}
