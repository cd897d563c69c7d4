import { type Ledger, openLedger, type RecordedEvent, type WorkflowDocument } from 'crawl-ledger'
import { clean, outputOf, short } from '../output.js'
import { type Common, optionsOf } from '../store.js'
import { table } from '../table.js'
import { momentOf } from '../usage.js'

const withLedger = async <A>(common: Common, use: (ledger: Ledger) => Promise<A>): Promise<A> => {
  const ledger = await openLedger({ ...optionsOf(common), project: false, create: false })
  try {
    return await use(ledger)
  } finally {
    await ledger.close()
  }
}

/** Said on stderr; exit code 1. */
const absent = (sentence: string): number => {
  process.stderr.write(`${sentence}\n`)
  return 1
}

const rowOf = ({ position, version, recordedAt, event, server }: RecordedEvent) => [
  position,
  version,
  recordedAt,
  event.type,
  short(JSON.stringify(event.data), 60),
  server,
]

/** Every event of a workflow, or of all workflows of a location in the order of the log. */
export const history = (name: string, common: Common): Promise<number> =>
  withLedger(common, async ledger => {
    const output = outputOf(common.json === true)
    const events: RecordedEvent[] = []
    for await (const event of ledger.history(name)) events.push(event)
    if (!name.includes('/'))
      for (let after: string | undefined; ; ) {
        const page = await ledger.workflows.list({
          limit: 1000,
          ...(after === undefined ? { after: `${name}/` } : { after }),
        })
        const ours = page.filter(({ locationId }) => locationId === name)
        for (const { _id } of ours) for await (const event of ledger.history(_id)) events.push(event)
        after = page.at(-1)?._id
        if (ours.length < page.length || after === undefined) break
      }
    events.sort((a, b) => a.position - b.position)
    if (events.length === 0) return absent(`The log has nothing of ${clean(name)}.`)
    output.object({ name, events })
    output.say(table(['position', 'version', 'taken at', 'event', 'data', 'by'], events.map(rowOf)))
    return 0
  })

const now = { position: Number.MAX_SAFE_INTEGER }

const fields = (document: WorkflowDocument): readonly (readonly [string, string])[] =>
  Object.entries(document)
    .filter(([field]) => field !== 'v')
    .map(([field, value]) => [field, typeof value === 'string' ? value : JSON.stringify(value)])

/** A workflow as it was. */
export const state = (id: string, command: Common & { readonly at?: string }): Promise<number> =>
  withLedger(command, async ledger => {
    const output = outputOf(command.json === true)
    const found = await ledger.stateAt(id, command.at === undefined ? now : momentOf(command.at))
    if (found === undefined)
      return absent(`${clean(id)} was not known${command.at === undefined ? '' : ' yet'}.`)
    output.object(found)
    output.say(
      table(
        ['field', 'value'],
        fields(found).map(([field, value]) => [field, short(value, 100)]),
      ),
    )
    return 0
  })

/** What changed of a workflow between two moments. */
export const diff = (
  id: string,
  command: Common & { readonly from: string; readonly to?: string },
): Promise<number> =>
  withLedger(command, async ledger => {
    const output = outputOf(command.json === true)
    const before = await ledger.stateAt(id, momentOf(command.from))
    const after = await ledger.stateAt(id, command.to === undefined ? now : momentOf(command.to))
    if (after === undefined) return absent(`${clean(id)} was not known yet.`)
    const old = new Map(before === undefined ? [] : fields(before))
    const changes = fields(after).flatMap(([field, value]) =>
      old.get(field) === value ? [] : [{ field, before: old.get(field) ?? '', after: value }],
    )
    output.object({ id, changes })
    if (changes.length === 0) output.say('Nothing changed.')
    else
      output.say(
        table(
          ['field', 'before', 'after'],
          changes.map(change => [change.field, short(change.before, 60), short(change.after, 60)]),
        ),
      )
    return 0
  })

/** Events as they come, until it is ended. */
export const tail = (
  command: Common & { readonly location?: string; readonly type?: string },
): Promise<number> =>
  withLedger(
    command,
    ledger =>
      new Promise<number>((resolve, reject) => {
        const output = outputOf(command.json === true)
        const following = ledger.changes().subscribe({
          next: recorded => {
            const { stream, partition, position, recordedAt, event } = recorded
            if (command.location !== undefined && stream.split('/')[0] !== command.location) return
            if (command.type !== undefined && event.type !== command.type) return
            output.object(recorded)
            output.say(
              clean(
                `${recordedAt} ${partition}:${position} ${stream} ${event.type} ${short(JSON.stringify(event.data))}`,
              ),
            )
          },
          error: reject,
        })
        const end = (): void => {
          following.unsubscribe()
          resolve(0)
        }
        process.once('SIGINT', end)
        process.once('SIGTERM', end)
      }),
  )
