import { isObject, listOf, textOf, type Value } from '../json.js'
import { earliestOf } from './merge.js'
import type { Told } from './message.js'

export interface Plan {
  readonly batch: readonly string[]
  readonly item: readonly string[]
}

export const defaultPlan: Plan = {
  batch: ['find-location', 'control', 'crawl-media'],
  item: ['prep-media', 'analyse-media', 'enrich-venue'],
}

const stagesOf = (value: Value): readonly string[] => {
  const texts = listOf(value).map(textOf)
  return texts.includes(undefined) ? [] : texts.filter(text => text !== undefined)
}

const readPlan = (value: Value): Plan | undefined => {
  if (!isObject(value)) return undefined
  const batch = stagesOf(value.batch)
  const item = stagesOf(value.item)
  const once = new Set([...batch, ...item]).size === batch.length + item.length
  return batch.length > 0 && item.length > 0 && once ? { batch, item } : undefined
}

/** The plan that the workflow's contexts, of whomever, brought earliest. */
export const planOf = (tolds: readonly Told[]): Plan => {
  const plans = tolds.flatMap(({ at, metadata }) => {
    const value = readPlan(metadata.plan)
    return value === undefined ? [] : [{ at, value }]
  })
  return earliestOf(plans) ?? defaultPlan
}

export const last = (stages: readonly string[]): string => stages.at(-1) ?? ''
