import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { WorkflowContext } from 'crawl-ledger'
import { imageSize } from 'image-size'
import type { ItemStage } from './batch.js'
import { itemTypeOf } from './media.js'
import type { Sources } from './sources.js'
import { Trouble } from './trouble.js'

export interface Results {
  readonly [key: string]: unknown
}

/**
 * The work of a stage on one media item: what it finds out is merged into the item's metadata. It may be done twice,
 * after a kill: then it must do no harm.
 */
export type Stage = (context: WorkflowContext, sources: Sources) => Promise<Results>

const addressOf = ({ itemUrl }: WorkflowContext): string => {
  if (itemUrl === undefined) throw new Trouble('no-source', 'The item was reported without an itemUrl')
  return itemUrl
}

/** Reads the whole file. This is where a crawler of your own keeps the bytes. */
const prepare: Stage = (context, sources) => {
  const address = addressOf(context)
  return sources.open(address, async ({ type, bytes }) => {
    if (itemTypeOf(type) === undefined)
      throw new Trouble('not-media', `${address} is no media file but ${type ?? 'of no known type'}`)
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of bytes) {
      hash.update(chunk)
      size += chunk.length
    }
    return { mediaInfo: { type, size, sha256: hash.digest('hex') } }
  })
}

/** The dimensions of most images are told in their beginning; in a TIFF they may lie anywhere. */
const headBytes = 512 * 1024

const analyse: Stage = async (context, sources) => {
  // Of sound and film nothing is looked at here: ffprobe would do it.
  if (context.itemType !== 'image') return {}
  const address = addressOf(context)
  const isTiff = /\.tiff?$/i.test(new URL(address).pathname)
  const head = await sources.open(address, ({ bytes }) => buffer(bytes), isTiff ? undefined : headBytes)
  try {
    const { width, height, type } = imageSize(head)
    return { analysisResults: { width, height, format: type } }
  } catch (cause) {
    throw new Trouble('broken-image', `${address} is no image that can be read`, { cause })
  }
}

/** What the item tells of its place. A crawler of your own would ask who knows the place. */
const enrich: Stage = async context => {
  const { locationId, locationName, countryCode } = context
  const venue = { name: locationName ?? locationId, ...(countryCode === undefined ? {} : { countryCode }) }
  return { enrichmentData: { venue, foundAt: new URL('.', addressOf(context)).href } }
}

export const stages: { readonly [S in ItemStage]: Stage } = {
  'prep-media': prepare,
  'analyse-media': analyse,
  'enrich-venue': enrich,
}
