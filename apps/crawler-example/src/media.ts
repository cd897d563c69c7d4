import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { lookup } from 'mime-types'

export type Kind = 'image' | 'video' | 'audio'

/** A media file in a folder or on the web, as the message `item-found` tells of it. */
export interface Item {
  readonly mediaId: string
  readonly kind: Kind
  readonly url?: string
  readonly path?: string
}

// The list of types has them as video, and every folder of sources has them as TypeScript.
const notMedia = new Set(['.ts', '.mts'])

/** The type that a file's name stands for, such as `image/png`. */
export const typeOfName = (name: string): string | undefined => {
  const ending = extname(name).toLowerCase()
  return ending === '' || notMedia.has(ending) ? undefined : lookup(ending) || undefined
}

export const kindOf = (type: string | undefined): Kind | undefined =>
  /^(image|video|audio)\//.exec(type ?? '')?.[1] as Kind | undefined

/**
 * The same for the same place, so that what is found again is known. It begins with the file's name, for people who
 * read the log; it may hold no `/`.
 */
const mediaIdOf = (place: string): string => {
  const name = (/[^/\\]*$/.exec(place.replace(/[?#].*$/, ''))?.[0] ?? '').replace(/[^\w.-]+/g, '-').slice(-60)
  return `${name === '' ? 'media' : name}~${createHash('sha256').update(place).digest('hex').slice(0, 16)}`
}

export const itemInFile = (path: string, kind: Kind): Item => ({ mediaId: mediaIdOf(path), kind, path })

export const itemOnWeb = (url: string, kind: Kind): Item => ({ mediaId: mediaIdOf(url), kind, url })
