import { viewNames } from '@crawl-ledger/domain'
import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { BSON, Decimal128, type Document, Long, MongoClient } from 'mongodb'

export const server = mongoTestServer()

const context = {
  batchId: 'batch_osaka_1_a',
  locationId: 'osaka',
  locationName: 'Osaka',
  countryCode: 'JP',
  stage: 'crawl-media',
  timestamp: '2024-05-01T12:00:00.000Z',
  completedStages: ['find-location', 'control'],
  metadata: { inputQueries: ['castle'], generatedQueries: ['osaka castle'], bytes: Long.fromNumber(7) },
}

const item = {
  ...context,
  batchId: 'batch_osaka_2_b',
  itemId: 'item_b',
  itemUrl: 'https://media.test/b',
  itemType: 'image',
  stage: 'prep-media',
  completedStages: ['find-location', 'control', 'crawl-media'],
  errors: [{ stage: 'prep-media', error: 'no answer', timestamp: '2024-05-01T12:01:00.000Z' }],
}

const saved = { createdAt: new Date('2024-05-01T11:59:00Z'), updatedAt: new Date('2024-05-01T12:02:00Z') }

/** What the former services left: driver's documents, as they replaced them. */
const documents: { readonly [collection: string]: readonly Document[] } = {
  locations: [
    {
      locationId: 'osaka',
      locationName: 'Ōsaka',
      countryCode: 'JP',
      ...saved,
      metadata: { queries: ['tower'], coordinates: { lat: 34.7, lng: 135.5 } },
    },
  ],
  workflows: [context, item].map(one => ({
    batchId: one.batchId,
    locationId: one.locationId,
    status: 'active',
    currentStage: one.stage,
    ...saved,
    context: one,
  })),
  media: [
    {
      itemId: 'item_a',
      itemUrl: 'https://media.test/a',
      itemType: 'video',
      locationId: 'osaka',
      batchId: context.batchId,
      processedAt: new Date('2024-05-01T12:01:30Z'),
      metadata: { duration: 12, size: 3400, analysisResults: { cost: Decimal128.fromString('1.5') } },
    },
    { itemId: 'item_lost', itemUrl: 'https://media.test/lost', itemType: 'post', metadata: {} },
  ],
}

export interface OldDatabase {
  /** The address of a database, here the old one. */
  url(database?: string): string
  /** The documents that it was made with, by collection, as `all` gives them. */
  readonly old: ReadonlyMap<string, readonly string[]>
  /** The documents of a collection, past the ledger: their types too, in the order of their keys. */
  all(collection: string): Promise<readonly string[]>
}

/** Runs with a database in which the former services have left their documents. */
export const withOldDatabase = async (use: (database: OldDatabase) => Promise<void>): Promise<void> => {
  const base = (await server?.url()) ?? ''
  const name = `old-crawls-${process.pid}`
  const client = new MongoClient(base)
  const db = client.db(name)
  const drop = () => Promise.all([db.dropDatabase(), client.db(`${name}-target`).dropDatabase()])
  const old = new Map<string, readonly string[]>()
  const all = async (collection: string): Promise<readonly string[]> => {
    const found = await db
      .collection(collection)
      .find({}, { promoteValues: false })
      .sort({ _id: 1 })
      .toArray()
    return found.map(document => BSON.EJSON.stringify(document, { relaxed: false }))
  }
  try {
    await drop()
    for (const collection of viewNames) {
      const made = (documents[collection] ?? []).map(document => ({ ...document }))
      await db.collection(collection).insertMany(made)
      old.set(collection, await all(collection))
    }
    await use({
      url: (database = name) => {
        const url = new URL(base)
        url.pathname = `/${database}`
        return url.href
      },
      old,
      all,
    })
  } finally {
    await drop()
    await client.close()
  }
}
