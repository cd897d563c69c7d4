import { isObject, type Json, type JsonObject, Id as Name } from '@crawl-ledger/domain'
import { Fields } from './fields.js'
import { type Draft, envelopeFields, perhaps } from './old-document.js'
import { amountOf, errorsOf, type OldStatus, objectOf, statusOf, textOf, timeOf } from './values.js'

type Named = readonly [name: string, value: Json]

const named = (value: Json): readonly Named[] | undefined => {
  if (isObject(value)) return Object.entries(value)
  if (!Array.isArray(value)) return undefined
  const pairs = (value as readonly Json[]).map((item): Named | undefined => {
    if (typeof item === 'string') return [item, null]
    const name = isObject(item) ? (item.name ?? item.stage) : undefined
    return typeof name === 'string' ? [name, item] : undefined
  })
  return pairs.every(pair => pair !== undefined) ? pairs : undefined
}

/**
 * The stages of a document: `stages` as a list of names or of objects with a name, or as an object by name, and fields
 * such as `stage_download`. Where one has a name that no message can have, `stages` stays as it is.
 */
export const takeStages = (fields: Fields): readonly Named[] => [
  ...(fields.take(value => {
    const all = named(value)
    return all?.every(([name]) => Name.is(name)) ? all : undefined
  }, 'stages') ?? []),
  ...fields.takeAll('stage_', (name, value) => Name.is(name) && isObject(value)),
]

const stageStatus = (value: Json): OldStatus | undefined => {
  if (!isObject(value)) return statusOf(value)
  return (
    statusOf(value.status ?? null) ??
    (value.completed === true || timeOf(value.completedAt ?? null) !== undefined ? 'completed' : undefined) ??
    (value.failed === true || (errorsOf(value.error ?? null) ?? []).length > 0 ? 'failed' : undefined)
  )
}

const processing = (fields: Fields): JsonObject => {
  const inner = new Fields(fields.take(objectOf, 'processing') ?? {})
  const of = (...names: readonly string[]): number | undefined =>
    inner.take(amountOf, ...names) ?? fields.take(amountOf, ...names)
  const all = {
    ...perhaps('durationMs', of('durationMs', 'duration')),
    ...perhaps('sizeBytes', of('sizeBytes', 'size', 'bytes')),
    ...inner.rest(['durationMs', 'sizeBytes']),
  }
  return Object.keys(all).length === 0 ? {} : { processing: all }
}

const completed = (draft: Draft, stage: string, mediaId: string | undefined, value: Json): JsonObject => {
  const fields = new Fields(isObject(value) ? value : {})
  fields.take(v => (statusOf(v) === 'completed' ? v : undefined), 'status')
  fields.take(v => (v === true ? v : undefined), 'completed')
  const understood = {
    stage,
    ...perhaps('mediaId', mediaId),
    ...perhaps('at', fields.take(timeOf, 'completedAt', 'at', 'updatedAt')),
    ...perhaps(
      'result',
      fields.take(v => v, 'result'),
    ),
    ...processing(fields),
  }
  const names = [...envelopeFields, 'stage', 'mediaId', 'result', 'processing', 'progress']
  return draft('stage-complete', stage, { ...fields.rest(names), ...understood })
}

/** What an error message says: where it came from, and the error with everything that was stored of it. */
export const errorFields = (error: JsonObject, at?: string): JsonObject => {
  const fields = new Fields(error)
  const stage = fields.take(v => (Name.is(v) ? v : undefined), 'stage')
  const mediaId = fields.take(v => (Name.is(v) ? v : undefined), 'mediaId')
  const time = fields.take(timeOf, 'at', 'timestamp', 'time', 'occurredAt', 'createdAt') ?? at
  const context = fields.take(objectOf, 'context')
  const told = {
    message: fields.take(textOf, 'message') ?? '',
    ...perhaps(
      'code',
      fields.take(v => textOf(v) ?? (typeof v === 'number' ? String(v) : undefined), 'code'),
    ),
    ...perhaps('stack', fields.take(textOf, 'stack')),
  }
  return {
    error: { ...fields.rest(['message', 'code', 'stack']), ...told },
    ...perhaps('stage', stage),
    ...perhaps('mediaId', mediaId),
    ...perhaps('at', time),
    ...perhaps('context', context),
  }
}

const failed = (
  draft: Draft,
  stage: string,
  mediaId: string | undefined,
  value: Json,
): readonly JsonObject[] => {
  const fields = new Fields(isObject(value) ? value : {})
  fields.take(v => (statusOf(v) === 'failed' ? v : undefined), 'status')
  const at = fields.take(timeOf, 'failedAt', 'completedAt', 'at', 'updatedAt')
  const errors = [...(fields.take(errorsOf, 'errors') ?? []), ...(fields.take(errorsOf, 'error') ?? [])]
  const said =
    errors.length > 0 ? errors : [{ message: `The stage ${stage} failed; its error was not kept.` }]
  const rest = fields.rest([])
  return said.map((error, i) => {
    const told = errorFields(error, at)
    // What else was known of the stage goes with its last error.
    const context =
      i === said.length - 1 ? { ...rest, ...(objectOf(told.context ?? null) ?? {}) } : told.context
    return draft('error', `${stage}/${i}`, {
      ...told,
      ...(isObject(context) && Object.keys(context).length > 0 ? { context } : {}),
      stage,
      ...perhaps('mediaId', mediaId),
    })
  })
}

/** The messages of stages that were done or failed, and those of which no message can be made. */
export const stageMessages = (
  draft: Draft,
  stages: readonly Named[],
  mediaId?: string,
): { readonly messages: readonly JsonObject[]; readonly open: JsonObject } => {
  const messages: JsonObject[] = []
  const open: [string, Json][] = []
  for (const [stage, value] of stages) {
    const status = stageStatus(value)
    if (status === 'completed') messages.push(completed(draft, stage, mediaId, value))
    else if (status === 'failed') messages.push(...failed(draft, stage, mediaId, value))
    else if (value !== null) open.push([stage, value])
  }
  return { messages, open: Object.fromEntries(open) }
}
