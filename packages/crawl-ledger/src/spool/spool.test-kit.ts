import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@crawl-ledger/log'
import { notebook, type Switched, switched } from '../away/away.test-kit.js'
import type { Ledger } from '../index.js'
import { type LedgerParts, ledgerOver } from '../open-ledger.js'
import { storesOf, type WithStore } from '../stores.test-kit.js'
import { SpoolFile } from './spool-file.js'

export const stores = storesOf(4)

export interface Scene extends Switched {
  /** The store itself, which is always there. */
  readonly base: Store
  /** What all ledgers of the scene told their logger. */
  readonly lines: string[]
  readonly spoolFile: string
  /** A service on this store and this spool, closed with the scene. Closing it leaves the store open. */
  open(options?: Partial<LedgerParts>): Ledger
}

/** A store that can be sent away, and the place for a spool. */
export const scene = <A>(withStore: WithStore, use: (scene: Scene) => Promise<A>): Promise<A> =>
  withStore(async base => {
    const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-spool-'))
    const spoolFile = join(folder, 'spool.db')
    const { lines, logger } = notebook()
    const away = switched({ ...base, close: async () => {} })
    const opened: Ledger[] = []
    const open: Scene['open'] = (options = {}) => {
      const ledger = ledgerOver(away.store, 'the store', {
        project: false,
        logger,
        patience: { patienceMs: 30, pingMs: 250, callMs: 500 },
        ...options,
        spoolFile: options.spoolFile ?? SpoolFile.open(spoolFile, 'the store'),
      })
      opened.push(ledger)
      return ledger
    }
    try {
      return await use({ ...away, base, lines, spoolFile, open })
    } finally {
      away.comeBack()
      await Promise.allSettled(opened.map(ledger => ledger.close()))
      rmSync(folder, { recursive: true })
    }
  })
