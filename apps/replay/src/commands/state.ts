import { isDeepStrictEqual } from 'node:util'
import { isObject, type Json } from '@crawl-ledger/domain'
import type { Ledger, WorkflowDocument } from 'crawl-ledger'
import { absent, clean, outputOf, short } from '../output.js'
import { type Common, withLedger } from '../store.js'
import { table } from '../table.js'
import { momentOf, type NamedWorkflow, nameText, workflowsOf } from '../usage.js'

const now = { position: Number.MAX_SAFE_INTEGER }

const when = (at: string | undefined) => (at === undefined ? now : momentOf(at))

/** The fields of a view that mean something to others: not how it counts its builds, and not what its folding keeps. */
const isOurs = (field: string): boolean => field === 'v' || (field.startsWith('_') && field !== '_id')

const fieldsOf = (document: WorkflowDocument | undefined): ReadonlyMap<string, Json> =>
  new Map(
    Object.entries((document ?? {}) as { readonly [field: string]: Json }).filter(
      ([field, value]) => !isOurs(field) && value !== undefined,
    ),
  )

/** What a person looks for first, in words; all else as JSON. */
const worded: { readonly [field: string]: (value: { readonly [key: string]: Json }) => string } = {
  items: ({ found, finished, failing, givenUp }) =>
    `${found} found, ${finished} finished, ${failing} failing, ${givenUp} given up`,
  failure: ({ stage, error, timestamp }) =>
    `${stage}: ${error}${timestamp === undefined ? '' : ` (${timestamp})`}`,
}

const shown = (field: string, value: Json | undefined): string => {
  if (value === undefined) return ''
  const words = isObject(value) ? worded[field]?.(value) : undefined
  if (words !== undefined) return words
  if (field === 'progress') return `${value} %`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

interface Found {
  readonly name: NamedWorkflow
  readonly documents: readonly (WorkflowDocument | undefined)[]
}

/** The first of the workflows that may be meant of which something is known, as it was at these moments. */
const find = async (
  ledger: Ledger,
  names: readonly NamedWorkflow[],
  moments: readonly (string | undefined)[],
): Promise<Found | undefined> => {
  for (const name of names) {
    const documents: (WorkflowDocument | undefined)[] = []
    for (const moment of moments) documents.push(await ledger.stateAt(name, when(moment)))
    if (documents.some(document => document !== undefined)) return { name, documents }
  }
  return undefined
}

const unknown = ([name]: readonly NamedWorkflow[], at: string | undefined): number => {
  const words = clean(name === undefined ? '' : nameText(name))
  return absent(
    at === undefined ? `The log has nothing of ${words}.` : `${words} was not known yet at ${at}.`,
  )
}

/** A workflow as it was. */
export const state = (
  location: string,
  batch: string | undefined,
  command: Common & { readonly at?: string },
): Promise<number> => {
  const names = workflowsOf(location, batch)
  when(command.at)
  return withLedger(command, async ledger => {
    const output = outputOf(command.json === true)
    const found = await find(ledger, names, [command.at])
    if (found === undefined) return unknown(names, command.at)
    const fields = fieldsOf(found.documents[0])
    output.object(Object.fromEntries(fields))
    output.say(
      table(
        ['field', 'value'],
        [...fields].map(([field, value]) => [field, short(shown(field, value), 100)]),
      ),
    )
    return 0
  })
}

interface Change {
  readonly field: string
  /** Left out where there was none. */
  readonly before?: Json | undefined
  /** Left out where there is none any more. */
  readonly after?: Json | undefined
}

const changesBetween = (
  before: WorkflowDocument | undefined,
  after: WorkflowDocument | undefined,
): readonly Change[] => {
  const [old, fresh] = [fieldsOf(before), fieldsOf(after)]
  return [...new Set([...fresh.keys(), ...old.keys()])]
    .map(field => ({ field, before: old.get(field), after: fresh.get(field) }))
    .filter(change => !isDeepStrictEqual(change.before, change.after))
}

/** What changed of a workflow between two moments. */
export const diff = (
  location: string,
  batch: string | undefined,
  command: Common & { readonly from: string; readonly to?: string },
): Promise<number> => {
  const names = workflowsOf(location, batch)
  for (const moment of [command.from, command.to]) when(moment)
  return withLedger(command, async ledger => {
    const output = outputOf(command.json === true)
    const found = await find(ledger, names, [command.from, command.to])
    if (found === undefined) return unknown(names, command.to ?? command.from)
    const changes = changesBetween(found.documents[0], found.documents[1])
    output.object({ id: nameText(found.name), ...found.name, changes })
    if (changes.length === 0) output.say('Nothing changed.')
    else
      output.say(
        table(
          ['field', 'before', 'after'],
          changes.map(({ field, before, after }) => [
            field,
            short(shown(field, before), 60),
            short(shown(field, after), 60),
          ]),
        ),
      )
    return 0
  })
}
