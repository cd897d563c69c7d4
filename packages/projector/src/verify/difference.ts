import { canonical, isObject, type Json, type ViewDocument } from '@crawl-ledger/domain'

/** One text for one document, whatever the order of its fields. */
export const textOf = (document: ViewDocument | undefined): string | undefined =>
  document === undefined ? undefined : canonical(document as unknown as Json)

const shownAtMost = 60

const shown = (value: Json | undefined): string => {
  if (value === undefined) return 'nothing'
  const text = canonical(value)
  return text.length > shownAtMost ? `${text.slice(0, shownAtMost)}…` : text
}

/** The first field, by name, in which two values are not the same. */
const firstPath = (
  a: Json | undefined,
  b: Json | undefined,
  path: string,
): { path: string; a: Json | undefined; b: Json | undefined } | undefined => {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
      const inner = firstPath(a[i], b[i], `${path}[${i}]`)
      if (inner !== undefined) return inner
    }
    return undefined
  }
  if (isObject(a) && isObject(b)) {
    for (const key of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) {
      const inner = firstPath(a[key], b[key], path === '' ? key : `${path}.${key}`)
      if (inner !== undefined) return inner
    }
    return undefined
  }
  const same = a === undefined || b === undefined ? a === b : canonical(a) === canonical(b)
  return same ? undefined : { path, a, b }
}

/** Where two documents differ, for a person: `status is "active" and must be "completed"`. */
export const difference = (found: ViewDocument, right: ViewDocument): string => {
  const first = firstPath(found as unknown as Json, right as unknown as Json, '')
  return first === undefined ? '' : `${first.path} is ${shown(first.a)} and must be ${shown(first.b)}`
}
