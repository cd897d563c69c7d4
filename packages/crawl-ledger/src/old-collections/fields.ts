import { type Json, type JsonObject, Id as Name } from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'

/** The fields of an old document, of which what is understood is taken out and the rest is kept. */
export class Fields {
  private readonly left: Map<string, Json>

  constructor(document: JsonObject) {
    this.left = new Map(Object.entries(document))
  }

  /** The first of these fields that can be read so. One that cannot stays among the rest. */
  take<A>(read: (value: Json) => A | undefined, ...names: readonly string[]): A | undefined {
    for (const name of names) {
      const value = this.left.get(name)
      const understood = value === undefined ? undefined : read(value)
      if (understood === undefined) continue
      this.left.delete(name)
      return understood
    }
    return undefined
  }

  peek(name: string): Json | undefined {
    return this.left.get(name)
  }

  /** The fields whose names begin so, without that beginning; those that are accepted are taken. */
  takeAll(
    prefix: string,
    accept: (name: string, value: Json) => boolean,
  ): readonly (readonly [string, Json])[] {
    const found = [...this.left].filter(
      ([name, value]) => name.startsWith(prefix) && accept(name.slice(prefix.length), value),
    )
    for (const [name] of found) this.left.delete(name)
    return found.map(([name, value]) => [name.slice(prefix.length), value] as const)
  }

  /**
   * What was not taken, as fields of a message or of a part of one. Those whose names mean something there
   * already go under `old`.
   */
  rest(taken: readonly string[]): JsonObject {
    const names = new Set([...taken, 'old'])
    const entries = [...this.left]
    const old = entries.filter(([name]) => names.has(name))
    return Object.fromEntries([
      ...entries.filter(([name]) => !names.has(name)),
      ...(old.length === 0 ? [] : [['old', Object.fromEntries(old)] as const]),
    ])
  }
}

const nameOf = (value: Json): string | undefined =>
  typeof value === 'string' && value !== '' ? value : Number.isSafeInteger(value) ? String(value) : undefined

const shown = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value)

/**
 * The names that a document is known by, from the outermost: each from its own field, else from an `_id` of the form
 * `LOCATION/BATCH/MEDIA`; the last also from an `_id` that is one name.
 */
export const namesOf = (fields: Fields, wanted: readonly string[]): E.Either<string, readonly string[]> => {
  const id = nameOf(fields.peek('_id') ?? null)
  const parts = id?.split('/') ?? []
  const names: string[] = []
  for (const [i, field] of wanted.entries()) {
    const last = i === wanted.length - 1
    const inId = parts.length === wanted.length ? parts[i] : last && parts.length === 1 ? id : undefined
    const name = fields.take(nameOf, field) ?? inId
    if (name === undefined) return E.left(`${field} is missing, and _id does not hold it`)
    if (!Name.is(name)) return E.left(`${field} ${shown(name)} is not ${Name.name}`)
    names.push(name)
  }
  if (id === names.join('/') || id === names.at(-1)) fields.take(nameOf, '_id')
  return E.right(names)
}
