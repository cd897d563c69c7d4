import { NoLedger, type Store } from '@crawl-ledger/log'
import type { LedgerOptions } from '../open-ledger.js'
import { type OpenedStore, openStore } from '../open-store.js'
import { type ExportOptions, exportLog } from './export-log.js'
import { type Imported, importLog } from './import-log.js'
import { type CheckedArchive, checkArchive } from './read-archive.js'

/** The ledger that is there, or one that is made with the archive's number of partitions where none is asked for. */
const target = async (options: LedgerOptions, { partitions }: CheckedArchive): Promise<OpenedStore> => {
  try {
    return await openStore({ ...options, create: false })
  } catch (error) {
    if (!(error instanceof NoLedger)) throw error
    return openStore({ ...options, partitions: options.partitions ?? partitions })
  }
}

const closing = async <A>({ store }: { store: Store }, work: () => Promise<A>): Promise<A> => {
  try {
    return await work()
  } finally {
    await store.close()
  }
}

export interface ExportedTo {
  /** Writes lines to where the archive is to be. */
  readonly write: (lines: AsyncIterable<string>) => Promise<void>
  readonly onProgress?: ExportOptions['onProgress']
}

/**
 * Exports the log of a ledger as JSON Lines: a header, the commits in the order of partitions and positions, and a line
 * with their number and digest. Writing goes on meanwhile; the archive ends where the log ended at the start. One log
 * always gives the same bytes.
 *
 * @returns how many commits
 * @throws LogUnsound when the log does not verify, NoLedger where there is none, and any other `StoreError`
 */
export const exportArchive = async (options: LedgerOptions, to: ExportedTo): Promise<number> => {
  const opened = await openStore({ ...options, readOnly: true })
  return closing(opened, async () => {
    let commits = 0
    await to.write(
      exportLog(opened.store, {
        ...(options.auditKey === undefined ? {} : { auditKey: options.auditKey }),
        onProgress: (state, done, total) => {
          if (state === 'writing') commits = done
          to.onProgress?.(state, done, total)
        },
      }),
    )
    return commits
  })
}

export interface ImportedFrom {
  /** Gives the archive's bytes, from the start each time. */
  readonly read: () => AsyncIterable<Buffer>
  readonly onProgress?: (state: 'checking' | 'importing', done: number, total: number | undefined) => void
}

/**
 * Imports an archive into an empty ledger, which is made where there is none. The archive is checked whole before
 * anything is written. Killed at any point, it goes on when it is run again. Views are no part of an archive: a
 * projector folds them, or `crawl-replay rebuild`.
 *
 * With another number of partitions the commits get new places and hashes, and every location's history stays.
 *
 * @throws ArchiveUnusable when the archive is not whole or its log does not verify
 * @throws OtherLog or PlaceTaken when the ledger holds something else, and any other `StoreError`
 */
export const importArchive = async (options: LedgerOptions, from: ImportedFrom): Promise<Imported> => {
  const { auditKey } = options
  const archive = await checkArchive(from.read(), auditKey, done =>
    from.onProgress?.('checking', done, undefined),
  )
  const opened = await target(options, archive)
  return closing(opened, () =>
    importLog(opened.store, archive, from.read, {
      ...(auditKey === undefined ? {} : { auditKey }),
      onProgress: done => from.onProgress?.('importing', done, archive.commits),
    }),
  )
}
