import { importOldCollections } from 'crawl-ledger'
import { count, outputOf } from '../output.js'
import { type Common, optionsOf } from '../store.js'

/** The old system's collections into the ledger. */
export const importCollections = async (
  command: Common & { readonly fromCollections: string },
): Promise<number> => {
  const output = outputOf(command.json === true)
  const done = await importOldCollections(command.fromCollections, optionsOf(command))
  output.object(done)
  for (const { collection, _id, reason } of done.unreadable)
    output.say(`not read: ${collection} ${JSON.stringify(_id)}: ${reason}`)
  for (const rejected of done.rejected) output.say(`not taken: ${JSON.stringify(rejected)}`)
  output.say(
    `${count(done.documents)} documents: ${count(done.recorded)} messages recorded, ${count(done.duplicate)} were ` +
      `recorded before, ${count(done.unchanged)} said nothing new, ${count(done.rejected.length)} were not taken, ` +
      `${count(done.unreadable.length)} documents could not be read.`,
  )
  return done.rejected.length + done.unreadable.length > 0 ? 1 : 0
}
