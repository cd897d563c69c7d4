import { instantOf, isoOf } from './codecs.js'
import { isSaid } from './context.js'
import { isObject, type Json, type JsonObject, put } from './json.js'

/** Comes before every instant: what has no time is older than all that has one. */
export const noTime = Number.NEGATIVE_INFINITY

export const nothing: JsonObject = {}

export const objectIn = (value: Json | undefined): JsonObject => (isObject(value) ? value : nothing)

/** The object without these keys, and without those that say nothing, over what `under` holds. */
export const without = (object: JsonObject, keys: readonly string[], under?: JsonObject): JsonObject => {
  const rest: Record<string, Json> = { ...under }
  for (const key in object) {
    const value = object[key]
    if (isSaid(value) && !keys.includes(key)) put(rest, key, value)
  }
  return rest
}

/** The instant that a value names, or undefined. */
export const timeIn = (value: Json | undefined): number | undefined => {
  const at = typeof value === 'string' ? instantOf(value.trim()) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

/** An instant as it stands in events and views; absent where there is none. */
export const timeField = <N extends string>(name: N, at: number): { readonly [K in N]?: string } =>
  Number.isFinite(at) ? ({ [name]: isoOf(at) } as { readonly [K in N]?: string }) : {}
