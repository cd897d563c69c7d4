import type { JsonObject } from '@crawl-ledger/domain'
import { Writer } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import type { Ledger } from '../ledger.js'
import { ledgerOver } from '../open-ledger.js'
import { type ImportResult, importCollections, importing } from './import-collections.js'
import type { OldCollection, OldDocument } from './old-document.js'

export const minute = (n: number): string => new Date(Date.UTC(2024, 4, 1, 12, n)).toISOString()

/** What a test imports, whose documents are as JSON has them. */
export type Old = { readonly [C in OldCollection]?: readonly object[] }

export async function* documentsOf(old: Old): AsyncGenerator<OldDocument> {
  for (const collection of ['locations', 'workflows', 'media'] as const)
    for (const document of old[collection] ?? []) yield { collection, document: document as JsonObject }
}

export const withImported = async (
  old: Old,
  use: (ledger: Ledger, result: ImportResult, again: () => Promise<ImportResult>) => Promise<void>,
): Promise<void> => {
  const store = openSqlite(':memory:')
  const ledger = ledgerOver(store, 'memory:', { project: true })
  // Each run is a program of its own: its writer knows nothing.
  const run = () =>
    importCollections(documentsOf(old), importing(new Writer(store.log, { server: 'import' })))
  try {
    const result = await run()
    await ledger.caughtUp()
    await use(ledger, result, run)
  } finally {
    await ledger.close()
  }
}

export const ref = { locationId: 'osaka', batchId: 'batch_osaka_1_a' }

export const batchContext = {
  ...ref,
  locationName: 'Osaka',
  countryCode: 'JP',
  stage: 'crawl-media',
  timestamp: minute(10),
  completedStages: ['find-location', 'control'],
  metadata: {
    inputQueries: ['castle'],
    generatedQueries: ['osaka castle'],
    coordinates: { lat: 34.7, lng: 135.5 },
    seed: 7,
  },
  errors: [{ stage: 'control', error: 'quota', timestamp: minute(5) }],
  query: 'castle',
  host: 'h1',
}

export const workflow = {
  _id: '662f9c3a5f1b2c0012345678',
  ...ref,
  status: 'active',
  currentStage: 'crawl-media',
  createdAt: minute(1),
  updatedAt: minute(11),
  context: batchContext,
}

export const location = {
  _id: '662f9c3a5f1b2c0012345679',
  locationId: 'osaka',
  locationName: 'Ōsaka',
  countryCode: 'JP',
  createdAt: minute(0),
  updatedAt: minute(11),
  metadata: { queries: ['castle', 'tower'], coordinates: { lat: 34.69, lng: 135.52 } },
}

export const media = {
  _id: '662f9c3a5f1b2c001234567a',
  ...ref,
  itemId: 'item_1',
  itemUrl: 'https://media.test/1',
  itemType: 'video',
  processedAt: minute(9),
  metadata: { duration: 12, size: 3400, analysisResults: { mood: 'calm' } },
}
