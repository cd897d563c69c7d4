import { isNothing } from '../counts.js'
import { cutValue, weightOf } from '../cut.js'
import { type Json, type JsonObject, put } from '../json.js'
import { byText } from '../plan.js'
import type { Bounds, Heavy, HeavyValue } from './document.js'
import { sizes } from './media.js'

// The values of metadata and of fields share a room: the more there are, the less each may take.

/** How many bytes all values of a part take at most. */
const room = { metadata: 4 * 1024 * 1024, fields: 512 * 1024 }
type Part = keyof typeof room

/** How many values share the room: the more names there are, the less each value may take. */
const shares = [16, 64, 256, 512] as const
const namesKept = shares[3]

const mostOf = (part: Part, names: number): number =>
  room[part] / (shares.find(share => names <= share) ?? namesKept)

interface Values {
  readonly values: JsonObject
  readonly heavy: Heavy
  readonly leavesOut: boolean
}

/** A value that follows from another one, and is there or not, takes no share. */
const hasShare = (part: Part, name: string): boolean => part === 'fields' || !sizes.includes(name)

/** What a value takes with its name, in bytes; more than `most` where it takes more. */
const sizeOf = (name: string, value: Json, most: number): number =>
  16 + 3 * Buffer.byteLength(name) + weightOf(value, most)

const heavyOf = (part: Part, name: string, value: Json, position: number): HeavyValue | undefined => {
  const bytes = sizeOf(name, value, room[part] / shares[0])
  return bytes > room[part] / namesKept ? { bytes, position } : undefined
}

/** Whether the news are so light, and the names so few, that nothing is to be cut: the usual case. */
export const isLight = (part: Part, values: object, known: Heavy | undefined, news: JsonObject): boolean => {
  if (known !== undefined) return false
  let names = 0
  for (const _ in values) names += 1
  if (names > namesKept) return false
  const most = room[part] / namesKept
  for (const name in news) if (sizeOf(name, news[name] as Json, most) > most) return false
  return true
}

/** The values with news among them, within their room. Nothing is copied where nothing is to be changed. */
export const within = (
  part: Part,
  values: JsonObject,
  known: Heavy,
  changed: readonly string[],
  position: number,
): Values => {
  let names = Object.keys(values).filter(name => hasShare(part, name))
  const leavesOut = names.length > namesKept
  if (leavesOut) names = names.sort(byText).slice(0, namesKept)
  const kept = leavesOut ? new Set(names) : undefined
  const isKept = (name: string): boolean =>
    Object.hasOwn(values, name) && (kept === undefined || kept.has(name) || !hasShare(part, name))
  const heavy = new Map(Object.entries(known).filter(([name]) => isKept(name)))
  for (const name of changed) {
    const found = isKept(name) ? heavyOf(part, name, values[name] as Json, position) : undefined
    if (found === undefined) heavy.delete(name)
    else heavy.set(name, found)
  }
  const most = mostOf(part, names.length)
  const cut = [...heavy].filter(([, value]) => value.bytes > most && value.cut === undefined)
  if (!leavesOut && cut.length === 0) return { values, heavy: Object.fromEntries(heavy), leavesOut }
  const short: Record<string, Json> = {}
  for (const name of Object.keys(values)) if (isKept(name)) put(short, name, values[name] as Json)
  for (const [name, value] of cut) {
    put(short, name, cutValue(values[name] as Json, value.position))
    heavy.set(name, { ...value, cut: true })
  }
  return { values: short, heavy: Object.fromEntries(heavy), leavesOut }
}

/** The body with what a part of it holds now. */
export const withPart = <B extends Bounds>(
  body: B,
  part: Part,
  { heavy, leavesOut }: Values,
  position: number,
): B => {
  const before = body._heavy?.[part]
  if (!leavesOut && before === undefined && isNothing(heavy)) return body
  return {
    ...body,
    ...(leavesOut ? { cut: { ...body.cut, [part]: { position } } } : {}),
    _heavy: { ...body._heavy, [part]: heavy },
  }
}
