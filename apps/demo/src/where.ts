import { mkdirSync } from 'node:fs'
import { basename, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Options } from './options.js'

export const sample = fileURLToPath(new URL('../sample/sample.jsonl', import.meta.url))

/** A path as a person would type it here. */
export const shownPath = (path: string): string => {
  const here = relative(process.cwd(), path)
  return here === '' || here.startsWith('..') ? resolve(path) : here
}

const folder = '.crawl-ledger'

/** `crawl-osaka.db` for `crawl-osaka.jsonl.gz`. */
const databaseOf = (from: string): string =>
  `${basename(from)
    .replace(/\.gz$/, '')
    .replace(/\.jsonl?$/, '')
    .replace(/[^\w.-]/g, '-')}.db`

/**
 * The store to use. Where none is named, each file of messages has a SQLite file of its own, so that
 * the totals of two crawls are not mixed and the same crawl run again finds what it recorded.
 */
export const storeOf = ({ store }: Options, { STORE }: NodeJS.ProcessEnv, from: string): string => {
  const named = store ?? STORE
  if (named !== undefined && named !== '') return named
  mkdirSync(folder, { recursive: true })
  return `sqlite:${folder}/${databaseOf(from)}`
}

/** Where a person finds the data of a store again. */
export const whereIsIt = (store: string): string =>
  store.startsWith('sqlite:') ? resolve(store.slice('sqlite:'.length)) : store
