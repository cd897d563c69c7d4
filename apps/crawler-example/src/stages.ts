import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { MediaDocument } from 'crawl-ledger'
import { imageSize } from 'image-size'
import type { StageName } from './batch.js'
import { kindOf } from './media.js'
import type { Sources } from './sources.js'
import { Trouble } from './trouble.js'

export interface Done {
  readonly result: object
  /** Counted by the ledger, for each stage apart. */
  readonly sizeBytes?: number
}

/** The work of a stage on one media item. It may be done twice, after a kill: then it must do no harm. */
export type Stage = (media: MediaDocument, sources: Sources) => Promise<Done>

const placeOf = ({ mediaId, url, item }: MediaDocument): string => String(url ?? item.path ?? mediaId)

/** Reads the whole file. This is where a crawler of your own keeps the bytes. */
const download: Stage = (media, sources) =>
  sources.open(media, async ({ type, bytes }) => {
    if (kindOf(type) === undefined)
      throw new Trouble('not-media', `${placeOf(media)} is no media file but ${type ?? 'of no known type'}`)
    const hash = createHash('sha256')
    let sizeBytes = 0
    for await (const chunk of bytes) {
      hash.update(chunk)
      sizeBytes += chunk.length
    }
    return { result: { type, sha256: hash.digest('hex') }, sizeBytes }
  })

/** The dimensions of most images are told in their beginning; in a TIFF they may lie anywhere. */
const headBytes = 512 * 1024

const inspect: Stage = async (media, sources) => {
  // Of sound and film nothing is looked at here: ffprobe would do it.
  if (media.kind !== 'image') return { result: {} }
  const isTiff = /\.tiff?$/i.test(media.mediaId.replace(/~.*$/, ''))
  const head = await sources.open(media, ({ bytes }) => buffer(bytes), isTiff ? undefined : headBytes)
  try {
    const { width, height, type } = imageSize(head)
    return { result: { width, height, format: type } }
  } catch (cause) {
    throw new Trouble('broken-image', `${placeOf(media)} is no image that can be read`, { cause })
  }
}

export const stages: { readonly [S in StageName]: Stage } = { download, inspect }
