import { createReadStream } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Find, Opened } from './find.js'
import { itemInFile, itemTypeOf, typeOfName } from './media.js'
import { fileTrouble } from './trouble.js'

/**
 * The media files in a folder and the folders below. Names that begin with a dot are skipped. Links are not followed: what
 * they lead to inside the folder is found anyway, what is outside is not the folder's, and so there are no loops.
 *
 * @throws Trouble where the folder itself cannot be read
 */
export async function* findInFolder(folder: string): AsyncGenerator<Find> {
  const root = await realpath(folder).catch((error: unknown) => {
    throw fileTrouble(folder, error)
  })
  const waiting = [root]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const here = path
    const entries = await readdir(here, { withFileTypes: true }).catch((error: unknown) =>
      fileTrouble(here, error),
    )
    if (!Array.isArray(entries)) {
      if (here === root) throw entries
      yield { trouble: entries, place: here }
      continue
    }
    yield { note: 'folders' }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue
      const place = join(here, entry.name)
      const itemType = itemTypeOf(typeOfName(entry.name))
      if (entry.isSymbolicLink()) yield { note: 'linksNotFollowed' }
      else if (entry.isDirectory()) waiting.push(place)
      else if (entry.isFile() && itemType !== undefined) yield { item: itemInFile(place, itemType) }
    }
  }
}

/** @param most how many bytes from the beginning */
export const openFile = async <A>(
  path: string,
  use: (opened: Opened) => Promise<A>,
  most = Number.POSITIVE_INFINITY,
): Promise<A> => {
  const stream = createReadStream(path, { end: most - 1 })
  try {
    return await use({ type: typeOfName(path), bytes: stream })
  } catch (error) {
    throw stream.errored === null ? error : fileTrouble(path, error)
  } finally {
    stream.destroy()
  }
}
