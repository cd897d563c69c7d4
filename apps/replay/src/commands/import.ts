import { importOldCollections } from 'crawl-ledger'
import { absent, clean, count, counted, outputOf } from '../output.js'
import { type Common, optionsOf } from '../store.js'
import { UsageError } from '../usage.js'
import { importFrom, viewsComeNext } from './archive.js'

/** One of the two that `import` reads. */
export const importInto = async (
  file: string | undefined,
  command: Common & { readonly fromCollections?: string | true },
): Promise<number> => {
  const { fromCollections, ...common } = command
  if (file !== undefined && fromCollections === undefined) return importFrom(file, common)
  if (file === undefined && fromCollections !== undefined)
    return importCollections({ ...common, fromCollections })
  throw new UsageError(
    'Give either the FILE of an archive (- for the standard input) or --from-collections, with a URL or without.',
  )
}

/** The old system's collections into the ledger. */
const importCollections = async (
  command: Common & { readonly fromCollections: string | true },
): Promise<number> => {
  const output = outputOf(command.json === true)
  const { fromCollections } = command
  const done = await importOldCollections(
    fromCollections === true ? undefined : fromCollections,
    optionsOf(command),
  )
  output.object(done)
  if (done.documents === 0)
    return absent('There are no workflows, locations or media in that database: check its URL.')
  for (const { collection, _id, reason } of done.unreadable)
    output.say(clean(`not read: ${collection} ${JSON.stringify(_id)}: ${reason}`))
  output.say(
    `${counted(done.documents, 'document')}: ${counted(done.recorded, 'message')} recorded, ` +
      `${count(done.duplicate)} were recorded before, ${count(done.unchanged)} told of what was known, ` +
      `${counted(done.unreadable.length, 'document')} could not be read.`,
  )
  if (done.recorded > 0) output.say(viewsComeNext)
  return done.unreadable.length > 0 ? 1 : 0
}
