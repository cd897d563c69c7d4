export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export type Value = Json | undefined

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object without its nulls, which say nothing; of anything else the empty object. */
export const objectOf = (value: Value): JsonObject =>
  isObject(value) ? Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null)) : {}

export const listOf = (value: Value): readonly Json[] => (Array.isArray(value) ? value : [])

/** A text that is not only white space. */
export const textOf = (value: Value): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined

/** By UTF-16 code units. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Keys sorted, no white space. Undefined values are left out, so that it compares documents, too. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => byText(a, b))
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
}

/** Without what is undefined: a field that nothing told is absent. */
export const present = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T

export const without = (object: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))

/** Groups in the order of their first member; a member without a key is in none. */
export const groupBy = <Key, T>(all: readonly T[], keyOf: (each: T) => Key | undefined): Map<Key, T[]> => {
  const groups = new Map<Key, T[]>()
  for (const each of all) {
    const key = keyOf(each)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [each])
    else group.push(each)
  }
  return groups
}
