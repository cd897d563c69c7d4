import type { ItemType } from 'crawl-ledger'
import { Parser } from 'htmlparser2'
import { parseSrcset } from 'srcset'
import { type Item, itemOnWeb, itemTypeOf, typeOfName } from '../media.js'

export interface Page {
  /** Where its links lead, in the order of the page. */
  readonly links: readonly string[]
  readonly media: readonly Item[]
}

/** The type that the path of a URL stands for. */
export const typeOfUrl = (url: string): string | undefined => typeOfName(new URL(url).pathname)

const ogTypes: { readonly [property: string]: ItemType } = {
  'og:image': 'image',
  'og:image:url': 'image',
  'og:video': 'video',
  'og:video:url': 'video',
  'og:audio': 'post',
  'og:audio:url': 'post',
}

/** Reads a page: links, and media by `img`, `srcset`, `video`, `audio`, `source`, Open Graph and links to media files. */
export const readPage = (html: string, address: string): Page => {
  let base = address
  const links = new Set<string>()
  const media = new Map<string, ItemType>()
  /** The element that a `source` is in. */
  let around: ItemType = 'image'

  const resolved = (reference: string | undefined): string | undefined => {
    if (reference === undefined || reference.trim() === '' || !URL.canParse(reference.trim(), base))
      return undefined
    const url = new URL(reference.trim(), base)
    url.hash = ''
    return /^https?:$/.test(url.protocol) && url.username === '' ? url.href : undefined
  }
  const found = (reference: string | undefined, itemType: ItemType): void => {
    const url = resolved(reference)
    if (url !== undefined && !media.has(url)) media.set(url, itemType)
  }
  const foundAll = (srcset: string | undefined): void => {
    for (const { url } of parseSrcset(srcset ?? '')) found(url, 'image')
  }
  const linked = (reference: string | undefined): void => {
    const url = resolved(reference)
    if (url === undefined) return
    const itemType = itemTypeOf(typeOfUrl(url))
    if (itemType === undefined) links.add(url)
    else found(url, itemType)
  }
  const opened = (name: string, of: { readonly [attribute: string]: string }): void => {
    switch (name) {
      case 'base':
        base = resolved(of.href) ?? base
        break
      case 'a':
      case 'area':
        linked(of.href)
        break
      case 'img':
        found(of.src, 'image')
        foundAll(of.srcset)
        break
      case 'picture':
        around = 'image'
        break
      case 'video':
      case 'audio':
        around = name === 'video' ? 'video' : 'post'
        found(of.src, around)
        found(of.poster, 'image')
        break
      case 'source':
        found(of.src, itemTypeOf(of.type) ?? around)
        foundAll(of.srcset)
        break
      case 'meta': {
        const itemType = ogTypes[of.property ?? '']
        if (itemType !== undefined) found(of.content, itemType)
      }
    }
  }

  const parser = new Parser({ onopentag: opened })
  parser.end(html)
  return { links: [...links], media: [...media].map(([url, itemType]) => itemOnWeb(url, itemType)) }
}
