import { importOldCollections } from 'crawl-ledger'
import { absent, count, counted, outputOf } from '../output.js'
import { type Common, optionsOf } from '../store.js'
import { UsageError } from '../usage.js'
import { importFrom, viewsComeNext } from './archive.js'

/** One of the two that `import` reads. */
export const importInto = async (
  file: string | undefined,
  command: Common & { readonly fromCollections?: string },
): Promise<number> => {
  const { fromCollections, ...common } = command
  if (file !== undefined && fromCollections === undefined) return importFrom(file, common)
  if (file === undefined && fromCollections !== undefined)
    return importCollections({ ...common, fromCollections })
  throw new UsageError(
    'Give either the FILE of an archive (- for the standard input) or --from-collections URL.',
  )
}

/** The old system's collections into the ledger. */
const importCollections = async (command: Common & { readonly fromCollections: string }): Promise<number> => {
  const output = outputOf(command.json === true)
  const done = await importOldCollections(command.fromCollections, optionsOf(command))
  output.object(done)
  if (done.documents === 0)
    return absent('There are no workflows, locations or media in that database: check its URL.')
  for (const { collection, _id, reason } of done.unreadable)
    output.say(`not read: ${collection} ${JSON.stringify(_id)}: ${reason}`)
  for (const rejected of done.rejected) output.say(`not taken: ${JSON.stringify(rejected)}`)
  output.say(
    `${counted(done.documents, 'document')}: ${counted(done.recorded, 'message')} recorded, ${count(done.duplicate)} were ` +
      `recorded before, ${count(done.rejected.length)} were not taken, ` +
      `${counted(done.unreadable.length, 'document')} could not be read.`,
  )
  if (done.repeated > 0)
    output.say(
      `${counted(done.repeated, 'message')} told of what was known already, such as a media item that has two documents: ` +
        'what they say is kept in the history of their workflows, as alsoImported of a WorkflowDescribed.',
    )
  if (done.recorded > 0) output.say(viewsComeNext)
  return done.rejected.length + done.unreadable.length > 0 ? 1 : 0
}
