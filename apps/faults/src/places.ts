import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshMongoServer, mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { MongoClient } from 'mongodb'
import { whenOver } from './over.js'
import { until } from './until.js'

/** Where a ledger can be kept. */
export interface Place {
  readonly name: string
  /** The URL of a store that is new, and is gone when the test is over. */
  open(): Promise<string>
}

const sqlite: Place = {
  name: 'SQLite',
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-faults-'))
    whenOver(() => rmSync(folder, { recursive: true, force: true }))
    return `sqlite:${join(folder, 'ledger.db')}`
  },
}

const mongo: Place = {
  name: 'MongoDB',
  open: async () => {
    const { url, stop } = await freshMongoServer()
    whenOver(stop)
    return `${url}faults`
  },
}

/** undefined, with a line that says why, where no server can be started. */
const isThere = mongoTestServer() !== undefined

export const mongoPlaces: readonly Place[] = isThere ? [mongo] : []
export const places: readonly Place[] = [sqlite, ...mongoPlaces]

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** With a client of its own: one whose first attempt failed stays closed. */
const answers = async (url: string): Promise<boolean> => {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 500 })
  try {
    await client.db().command({ ping: 1 })
    return true
  } catch {
    return false
  } finally {
    await client.close()
  }
}

/** A server that keeps its data on disk, and can be stopped and started again where it was. */
export const lastingServer = async () => {
  const binary = process.env.MONGOMS_SYSTEM_BINARY ?? 'mongod'
  const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-mongod-'))
  whenOver(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const url = `mongodb://127.0.0.1:${port}/faults`
  const start = async () => {
    const args = ['--port', String(port), '--bind_ip', '127.0.0.1', '--dbpath', folder]
    const child = spawn(binary, args, { env: { ...process.env, ON_DISK: '1' }, stdio: 'ignore' })
    const ended = once(child, 'exit')
    whenOver(() => child.kill('SIGKILL'))
    await until('the server to answer', () => answers(url))
    return { child, ended }
  }
  let running = await start()
  const stop = async (): Promise<void> => {
    running.child.kill('SIGTERM')
    await running.ended
  }
  return {
    url,
    stop,
    start: async () => {
      running = await start()
    },
  }
}
