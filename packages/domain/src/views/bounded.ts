import { isFurther } from '../context.js'
import { isLong, isLongName } from '../cut.js'
import type { ContextData, CrawlEvent } from '../events.js'
import type { Json, JsonObject } from '../json.js'
import { byText, defaultPlan, type Plan, partOf } from '../plan.js'
import { derived } from './derived.js'
import type { Bounds, Heavy, ListedError } from './document.js'
import { derivedItem, type ItemBody, sizes } from './media.js'
import { isLight, within, withPart } from './room.js'
import type { Body } from './workflows.js'

// What of a document may grow without an end is bounded here. Messages come in any order, so what is left out and what is
// cut may depend only on what never shrinks: which names and which stages were ever told, and the value itself.

/** How many stages outside the plan are listed, the first ones as text. */
const othersKept = 200

/** What an event tells of the context of its subject; undefined where it tells nothing. */
const contextIn = (event: CrawlEvent): ContextData | undefined =>
  event.type === 'ContextUpdated' || event.type === 'ItemFound' || event.type === 'StageCompleted'
    ? event.data
    : undefined

/** Those of the stages that are listed no more. */
const leftOut = (stages: readonly string[], plan: Plan | undefined): ReadonlySet<string> => {
  const outside = stages.filter(stage => partOf(plan ?? defaultPlan, stage) === 'outside')
  return new Set(outside.sort(byText).slice(othersKept))
}

const withCutStages = <B extends Bounds>(body: B, position: number): B => ({
  ...body,
  cut: { ...body.cut, completedStages: { position } },
})

const boundedStages = (body: Body, position: number): Body => {
  if (body._told.length <= othersKept) return body
  const out = leftOut(body._told, body._plan)
  if (out.size === 0) return body
  return withCutStages(derived({ ...body, _told: body._told.filter(stage => !out.has(stage)) }), position)
}

const boundedItemStages = (body: ItemBody, position: number): ItemBody => {
  if (body._told.length <= othersKept) return body
  const out = leftOut(
    body._told.map(({ stage }) => stage),
    body._plan,
  )
  if (out.size === 0) return body
  const _told = body._told.filter(({ stage }) => !out.has(stage))
  return withCutStages(derivedItem({ ...body, _told }), position)
}

const boundedMetadata = (body: Body, news: JsonObject, position: number): Body => {
  const { context, _heavy } = body
  if (isLight('metadata', context.metadata, _heavy?.metadata, news)) return body
  const values = within('metadata', context.metadata, _heavy?.metadata ?? {}, Object.keys(news), position)
  const next = withPart(body, 'metadata', values, position)
  return values.values === context.metadata
    ? next
    : { ...next, context: { ...context, metadata: values.values } }
}

/** The fields of the batch's context that no rule reads stand between those that are ours. */
const boundedFields = (body: Body, news: JsonObject, position: number): Body => {
  const { context, _heavy } = body
  if (isLight('fields', context, _heavy?.fields, news)) return body
  const all = Object.entries(context) as [string, Json][]
  const fields = Object.fromEntries(all.filter(([name]) => isFurther(name)))
  const values = within('fields', fields, _heavy?.fields ?? {}, Object.keys(news), position)
  const next = withPart(body, 'fields', values, position)
  if (values.values === fields) return next
  const ours = Object.fromEntries(all.filter(([name]) => !isFurther(name)))
  return { ...next, context: { ...ours, ...values.values } as Body['context'] }
}

/** A workflow's document within its bounds. `position` is that of the event that was folded last. */
export const boundedWorkflow = (body: Body, event: CrawlEvent, position: number): Body => {
  const said = contextIn(event)
  let next = body
  if (said !== undefined && said.itemId === undefined) {
    if (said.metadata !== undefined) next = boundedMetadata(next, said.metadata, position)
    if (said.fields !== undefined) next = boundedFields(next, said.fields, position)
  }
  return boundedStages(next, position)
}

const boundedItemMetadata = (body: ItemBody, news: JsonObject, position: number): ItemBody => {
  const { metadata, _heavy, _own } = body
  if (isLight('metadata', metadata, _heavy?.metadata, news)) return body
  const changed = Object.keys(news)
  const follow = Object.hasOwn(news, 'mediaInfo') ? sizes.filter(name => !_own?.includes(name)) : []
  const values = within('metadata', metadata, _heavy?.metadata ?? {}, [...changed, ...follow], position)
  return withPart({ ...body, metadata: values.values }, 'metadata', values, position)
}

const boundedItemFields = (body: ItemBody, news: JsonObject, position: number): ItemBody => {
  const { fields = {}, _heavy } = body
  if (isLight('fields', fields, _heavy?.fields, news)) return body
  const values = within('fields', fields, _heavy?.fields ?? {}, Object.keys(news), position)
  return withPart({ ...body, fields: values.values }, 'fields', values, position)
}

/** An item's document within its bounds. */
export const boundedItem = (body: ItemBody, event: CrawlEvent, position: number): ItemBody => {
  const said = contextIn(event)
  let next = body
  if (said?.metadata !== undefined) next = boundedItemMetadata(next, said.metadata, position)
  if (said?.fields !== undefined) next = boundedItemFields(next, said.fields, position)
  return boundedItemStages(next, position)
}

const hasCut = (heavy: Heavy | undefined): boolean =>
  Object.values(heavy ?? {}).some(({ cut }) => cut === true)

const hasLongName = (values: object): boolean => Object.keys(values).some(isLongName)

/** Of what else was told a field may be called `cut`, too: then it is taken for cut and is not. */
const isCutError = ({ error, cut }: ListedError): boolean => isLong(error) || cut !== undefined

/** Whether something of a workflow's document is cut or left out, so that nobody can go on from it. */
export const isCut = ({ cut, _heavy, locationName = '', errors, failure, context }: Body): boolean =>
  cut !== undefined ||
  hasCut(_heavy?.metadata) ||
  hasCut(_heavy?.fields) ||
  hasLongName(context) ||
  hasLongName(context.metadata) ||
  isLong(locationName) ||
  errors.some(isCutError) ||
  (context.errors ?? []).some(isCutError) ||
  (failure !== undefined && isCutError(failure))
