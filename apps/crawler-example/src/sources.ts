import type { MediaDocument } from 'crawl-ledger'
import { isSite, withoutFragment } from './batch.js'
import type { Find, Opened } from './find.js'
import { findInFolder, openFile } from './folder.js'
import type { Limits } from './limits.js'
import { findOnSite, openOnWeb } from './site/site.js'
import { Web } from './site/web.js'
import { Trouble } from './trouble.js'

/** Where media come from: add your own here. */
export interface Sources {
  /** @throws Trouble where nothing at all can be read there */
  find(query: string): AsyncIterable<Find>
  /**
   * @param first how many bytes from the beginning; all, up to the limit, where it is not given
   * @throws Trouble
   */
  open<A>(media: MediaDocument, use: (opened: Opened) => Promise<A>, first?: number): Promise<A>
}

export const makeSources = (limits: Limits): Sources => {
  const web = new Web(limits)
  return {
    find: query => (isSite(query) ? findOnSite(withoutFragment(query), web, limits) : findInFolder(query)),
    open: (media, use, first) => {
      const { path } = media.item
      if (typeof path === 'string') return openFile(path, use, first)
      if (media.url !== undefined)
        return openOnWeb(media.url, { web, limits, ...(first === undefined ? {} : { first }) }, use)
      throw new Trouble('no-source', `${media.mediaId} was reported with neither a url nor a path`)
    },
  }
}
