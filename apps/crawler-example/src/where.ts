import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { type Batch, isSite, withoutFragment } from './batch.js'
import type { CrawlOptions } from './options.js'
import { fileTrouble, Trouble } from './trouble.js'

const hints: { readonly [code: string]: string } = {
  ENOENT: ' Check the path; a site begins with http:// or https://.',
  ENOTDIR: ' Name the folder that it is in.',
  EACCES: ' Ask for permission to read it, or run this as a user who has it.',
}

/** The folder's real path, however it was written: it is what the crawl is known by. */
const realFolder = async (path: string): Promise<string> => {
  try {
    const real = await realpath(resolve(path))
    await readdir(real)
    return real
  } catch (error) {
    const { code, message } = fileTrouble(resolve(path), error)
    throw new Trouble(code, `${message}.${hints[code] ?? ''}`, { cause: error })
  }
}

const nameOf = (text: string): string => text.replace(/[/\p{C}]/gu, '-').slice(0, 100) || 'root'

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)

/** @throws Trouble when PATH is a folder that cannot be read */
export const batchOf = async ({ path, location, batch }: CrawlOptions): Promise<Batch> => {
  const query = isSite(path) ? withoutFragment(path) : await realFolder(path)
  return {
    locationId: location ?? nameOf(isSite(query) ? new URL(query).host : basename(query)),
    batchId: batch ?? `crawl-${digestOf(query)}`,
    queries: [query],
  }
}

const folder = '.crawl-ledger'

/** Where no store is named each PATH has a SQLite file of its own, so that a crawl does not go on with another one's work. */
export const storeOf = (
  { store }: CrawlOptions,
  { STORE }: NodeJS.ProcessEnv,
  { locationId, queries }: Batch,
): string => {
  const named = store ?? STORE
  if (named !== undefined && named !== '') return named
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    const why = `The folder ${resolve(folder)} cannot be made. Name another place with --store sqlite:FILE.`
    throw new Trouble('no-store', why, { cause })
  }
  const name = `crawl-${locationId}`.replace(/[^\w.-]+/g, '-')
  return `sqlite:${folder}/${name}-${digestOf(queries.join()).slice(0, 6)}.db`
}
