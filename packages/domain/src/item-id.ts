import { sha256 } from './json.js'

/** The id of an item that was given none: the same address in the same batch is the same item. */
export const itemIdOf = (batchId: string, itemUrl: string): string =>
  `item_${sha256(`${batchId}\n${itemUrl}`).slice(0, 16)}`
