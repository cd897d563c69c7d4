import type { Item } from './media.js'
import type { Trouble } from './trouble.js'

/** What a source gives while it is searched. The same source gives the same again: a search that broke off starts anew. */
export type Find =
  | { readonly item: Item }
  /** A part that cannot be read; the search goes on. */
  | { readonly trouble: Trouble; readonly place: string }
  /** Something to count: pages read, links left alone, a limit that was reached. */
  | { readonly note: string }

/** The bytes of one media file. */
export interface Opened {
  readonly type: string | undefined
  readonly bytes: AsyncIterable<Uint8Array>
}
