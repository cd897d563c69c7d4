import { fileURLToPath } from 'node:url'
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
   * @param itemUrl where the item is, on the web or in a file
   * @param first how many bytes from the beginning; all, up to the limit, where it is not given
   * @throws Trouble
   */
  open<A>(itemUrl: string, use: (opened: Opened) => Promise<A>, first?: number): Promise<A>
}

const isFile = (itemUrl: string): boolean => /^file:\/\/\//i.test(itemUrl) && URL.canParse(itemUrl)

export const makeSources = (limits: Limits): Sources => {
  const web = new Web(limits)
  return {
    find: query => (isSite(query) ? findOnSite(withoutFragment(query), web, limits) : findInFolder(query)),
    open: async (itemUrl, use, first) => {
      if (isFile(itemUrl)) return openFile(fileURLToPath(itemUrl), use, first)
      if (isSite(itemUrl))
        return openOnWeb(itemUrl, { web, limits, ...(first === undefined ? {} : { first }) }, use)
      throw new Trouble('no-source', `${itemUrl} is neither on the web nor a file`)
    },
  }
}
