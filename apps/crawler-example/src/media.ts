import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ItemType } from 'crawl-ledger'
import { lookup } from 'mime-types'

/** A media file in a folder or on the web, as `item_found` tells of it. The ledger makes its id of the batch and the address. */
export interface Item {
  readonly itemUrl: string
  readonly itemType: ItemType
}

// The list of types has them as video, and every folder of sources has them as TypeScript.
const notMedia = new Set(['.ts', '.mts'])

/** The type that a file's name stands for, such as `image/png`. */
export const typeOfName = (name: string): string | undefined => {
  const ending = extname(name).toLowerCase()
  return ending === '' || notMedia.has(ending) ? undefined : lookup(ending) || undefined
}

/** Sound has no type of its own among items. */
const itemTypes: { readonly [kind: string]: ItemType } = { image: 'image', video: 'video', audio: 'post' }

/** undefined: it is no media file. */
export const itemTypeOf = (type: string | undefined): ItemType | undefined =>
  itemTypes[/^(image|video|audio)\//.exec(type ?? '')?.[1] ?? '']

export const itemInFile = (path: string, itemType: ItemType): Item => ({
  itemUrl: pathToFileURL(path).href,
  itemType,
})

export const itemOnWeb = (itemUrl: string, itemType: ItemType): Item => ({ itemUrl, itemType })
