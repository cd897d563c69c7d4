import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Find, Opened } from '../find.js'
import type { Limits } from '../limits.js'
import { itemOnWeb, itemTypeOf } from '../media.js'
import { mayPass, Trouble } from '../trouble.js'
import { readPage, typeOfUrl } from './page.js'
import type { Web } from './web.js'

const isHtml = (type: string | undefined): boolean => type === 'text/html' || type === 'application/xhtml+xml'

interface Read {
  /** Where the redirects led. */
  readonly url: string
  readonly links: readonly string[]
  readonly finds: readonly Find[]
}

const readPageAt = async (web: Web, limits: Limits, address: string): Promise<Read | Trouble> => {
  const request = { timeoutMs: limits.pageMs, first: limits.pageBytes }
  try {
    const { url, itemType, html } = await web.get(address, request, async ({ url, type, bytes }) => {
      return { url, itemType: itemTypeOf(type), html: isHtml(type) ? await text(bytes) : undefined }
    })
    if (itemType !== undefined) return { url, links: [], finds: [{ item: itemOnWeb(url, itemType) }] }
    if (html === undefined) return { url, links: [], finds: [{ note: 'notHtml' }] }
    const { links, media } = readPage(html, url)
    const finds: Find[] = [{ note: 'pages' }]
    for (const item of media)
      finds.push((await web.allows(item.itemUrl)) ? { item } : { note: 'forbiddenByRobots' })
    return { url, links, finds }
  } catch (error) {
    if (error instanceof Trouble) return error
    throw error
  }
}

/** What became of a page: read, or the trouble with it. */
const readOne = async (web: Web, limits: Limits, url: string): Promise<Read | Trouble> => {
  for (let attempt = 1; ; attempt += 1) {
    const got = await readPageAt(web, limits, url)
    if (!(got instanceof Trouble && mayPass(got.code)) || attempt >= limits.attempts) return got
    await sleep(limits.retryPauseMs)
  }
}

/**
 * The media on the pages of a site, breadth first: a few pages at once, taken in the order of their links, so that the
 * same site gives the same finds. Media may lie elsewhere, pages of other origins are not read.
 *
 * @throws Trouble where the first page cannot be read
 */
export async function* findOnSite(start: string, web: Web, limits: Limits): AsyncGenerator<Find> {
  const endAt = performance.now() + limits.discoveryMs
  const first = await readOne(web, limits, start)
  if (first instanceof Trouble) throw first
  // The first page may redirect, to https or to www: there is the site.
  const { origin } = new URL(first.url)
  const seen = new Set([start, first.url])
  let level: string[] = []
  let pages = 1
  const take = (links: readonly string[]): void => {
    for (const link of links) {
      if (seen.has(link) || new URL(link).origin !== origin) continue
      seen.add(link)
      level.push(link)
    }
  }
  yield* first.finds
  take(first.links)
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limits.depth) return yield { note: 'stoppedAtDepth' }
    const waiting = level
    level = []
    while (waiting.length > 0) {
      if (pages >= limits.pages) return yield { note: 'stoppedAtPages' }
      if (performance.now() >= endAt) return yield { note: 'stoppedAtTime' }
      const together = waiting.splice(0, Math.min(limits.perOrigin, limits.pages - pages))
      pages += together.length
      const read = await Promise.all(
        together.map(async url => ({ asked: url, got: await readOne(web, limits, url) })),
      )
      for (const { asked, got } of read) {
        if (got instanceof Trouble)
          yield got.code === 'robots' ? { note: 'forbiddenByRobots' } : { trouble: got, place: asked }
        else if (new URL(got.url).origin !== origin) yield { note: 'leftTheSite' }
        else if (got.url === asked || !seen.has(got.url)) {
          seen.add(got.url)
          yield* got.finds
          take(got.links)
        }
      }
    }
  }
}

/** @param first how many bytes from the beginning; all, up to the limit, where it is not given */
export const openOnWeb = <A>(
  url: string,
  { web, limits, first }: { readonly web: Web; readonly limits: Limits; readonly first?: number },
  use: (opened: Opened) => Promise<A>,
): Promise<A> => {
  const bound = first === undefined ? { most: limits.itemBytes } : { first }
  return web.get(url, { timeoutMs: limits.itemMs, ...bound }, ({ type, bytes }) => {
    const known = type === undefined || type === 'application/octet-stream' ? typeOfUrl(url) : type
    return use({ type: known, bytes })
  })
}
