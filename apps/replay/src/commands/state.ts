import { isDeepStrictEqual } from 'node:util'
import type { WorkflowDocument } from 'crawl-ledger'
import { absent, clean, outputOf, short } from '../output.js'
import { type Common, withLedger } from '../store.js'
import { table } from '../table.js'
import { momentOf, workflowOf } from '../usage.js'

const now = { position: Number.MAX_SAFE_INTEGER }

const when = (at: string | undefined) => (at === undefined ? now : momentOf(at))

/** The fields for a person: `v` is how the views count their builds, and not the workflow's. */
const fieldsOf = (document: WorkflowDocument | undefined): ReadonlyMap<string, unknown> =>
  new Map(Object.entries(document ?? {}).filter(([field]) => field !== 'v'))

const shown = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

/** A workflow as it was. */
export const state = (given: string, command: Common & { readonly at?: string }): Promise<number> => {
  const id = workflowOf(given)
  const at = when(command.at)
  return withLedger(command, async ledger => {
    const output = outputOf(command.json === true)
    const found = await ledger.stateAt(id, at)
    if (found === undefined)
      return absent(
        command.at === undefined
          ? `The log has nothing of ${clean(id)}.`
          : `${clean(id)} was not known yet at ${command.at}.`,
      )
    output.object(found)
    output.say(
      table(
        ['field', 'value'],
        [...fieldsOf(found)].map(([field, value]) => [field, short(shown(value), 100)]),
      ),
    )
    return 0
  })
}

interface Change {
  readonly field: string
  /** Left out where there was none. */
  readonly before?: unknown
  /** Left out where there is none any more. */
  readonly after?: unknown
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
  given: string,
  command: Common & { readonly from: string; readonly to?: string },
): Promise<number> => {
  const id = workflowOf(given)
  const [from, to] = [when(command.from), when(command.to)]
  return withLedger(command, async ledger => {
    const output = outputOf(command.json === true)
    const [before, after] = [await ledger.stateAt(id, from), await ledger.stateAt(id, to)]
    if (before === undefined && after === undefined)
      return absent(`${clean(id)} was not known yet at ${command.to ?? command.from}.`)
    const changes = changesBetween(before, after)
    output.object({ id, changes })
    if (changes.length === 0) output.say('Nothing changed.')
    else
      output.say(
        table(
          ['field', 'before', 'after'],
          changes.map(change => [
            change.field,
            short(shown(change.before), 60),
            short(shown(change.after), 60),
          ]),
        ),
      )
    return 0
  })
}
