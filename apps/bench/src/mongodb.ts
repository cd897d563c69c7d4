import { type AnyBulkWriteOperation, type Collection, MongoClient } from 'mongodb'
import { collections, type Subject, writesOf } from './subject.js'

const views = ['workflows', 'locations', 'media'] as const

/** MongoDB through its own driver, with the same concerns and pool as the adapter. */
export const mongoSubject = async (url: string): Promise<Subject> => {
  const client = new MongoClient(url, {
    maxPoolSize: 10,
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
  })
  await client.connect()
  const mark = `bench_${process.pid}`
  const names: string[] = []
  const fresh = (): string => {
    const name = `${mark}_${names.length}`
    names.push(name)
    return name
  }
  const base = /^mongodb(?:\+srv)?:\/\/[^/?]+/.exec(url)?.[0] ?? url
  const collection = async (): Promise<Collection<{ _id: string }>> => {
    const events = client.db(fresh()).collection<{ _id: string }>('events')
    await events.createIndex({ partition: 1, stream: 1, version: 1 }, { unique: true })
    await events.createIndex({ partition: 1, stream: 1, 'messages.id': 1 }, { unique: true })
    return events
  }
  return {
    name: 'MongoDB',
    fresh: () => `${base}/${fresh()}`,
    inserts: async (commits, batch) => {
      const events = await collection()
      for (let i = 0; i < commits.length; i += batch)
        await events.insertMany(commits.slice(i, i + batch), { ordered: false })
    },
    direct: async () => {
      const db = client.db(fresh())
      for (const view of views)
        for (const field of collections[view].indexes) await db.collection(view).createIndex({ [field]: 1 })
      return {
        write: async message => {
          for (const { into, id, document } of writesOf(message))
            await db
              .collection(into)
              .replaceOne({ [collections[into].key]: id }, document, { upsert: true, ignoreUndefined: true })
        },
        close: async () => {
          await db.dropDatabase()
        },
      }
    },
    logBytes: async url => {
      const events = client.db(url.slice(url.lastIndexOf('/') + 1)).collection('events')
      let bytes = 0
      for await (const document of events.find({}, { raw: true, batchSize: 1000 })) bytes += document.length
      return bytes
    },
    readAndWrite: async source => {
      const from = client.db(source.slice(source.lastIndexOf('/') + 1))
      const to = client.db(fresh())
      for await (const _ of from.collection('events').find({}, { batchSize: 1000 })) void _
      for (const view of views) {
        const documents = await from.collection(view).find({}, { batchSize: 1000 }).toArray()
        for (let i = 0; i < documents.length; i += 1000) {
          const writes = documents
            .slice(i, i + 1000)
            .map((document): AnyBulkWriteOperation => ({ insertOne: { document } }))
          await to.collection(view).bulkWrite(writes, { ordered: false })
        }
      }
    },
    close: async () => {
      for (const name of names) await client.db(name).dropDatabase()
      await client.close()
    },
  }
}
