import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MongoMemoryServer } from 'mongodb-memory-server'

/** A MongoDB server for tests. */
export interface TestServer {
  /** Where it listens; starts it when it is first asked for. */
  url(): Promise<string>
}

const folder = fileURLToPath(new URL('.', import.meta.url))

const downloadTakesMs = 5 * 60_000

/**
 * Makes sure that there is a mongod to start: prints nothing, or why there is none. Runs in a process of its own,
 * so that tests can be registered or skipped at once. Without a network that is known in seconds.
 */
const search = `
import { connect } from 'node:net'
import memoryServer from 'mongodb-memory-server'
const { DryMongoBinary, MongoBinary } = memoryServer
const reachable = url => new Promise((resolve, reject) => {
  const socket = connect({ host: url.hostname, port: Number(url.port) || (url.protocol === 'http:' ? 80 : 443) })
  const end = error => { socket.destroy(); error ? reject(error) : resolve() }
  socket.setTimeout(3000, () => end(new Error(url.hostname + ' does not answer')))
  socket.once('connect', () => end()).once('error', end)
})
try {
  const options = await DryMongoBinary.generateOptions()
  if (await DryMongoBinary.locateBinary(options) === undefined) {
    const { env } = process
    const mirror = env.MONGOMS_DOWNLOAD_URL ?? env.MONGOMS_DOWNLOAD_MIRROR ?? 'https://fastdl.mongodb.org'
    if ((env.HTTPS_PROXY ?? env.https_proxy ?? env.HTTP_PROXY ?? env.http_proxy) === undefined)
      await reachable(new URL(mirror))
    await MongoBinary.getPath()
  }
} catch (error) {
  process.stdout.write(String(error.message).split('\\n').join(' '))
}
process.exit()
`

/** Why no server can be started; undefined when one can. */
const obstacle = (): string | undefined => {
  const { status, stdout, error } = spawnSync(process.execPath, ['--input-type=module', '--eval', search], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: downloadTakesMs,
  })
  if (status !== 0) return error?.message ?? 'looking for one failed'
  return stdout === '' ? undefined : stdout
}

/** Lets the process end while the server runs, and ends the server then. */
const endWithUs = (server: MongoMemoryServer, data: string): void => {
  const { mongodProcess, killerProcess } = server.instanceInfo?.instance ?? {}
  for (const child of [mongodProcess, killerProcess]) {
    child?.unref()
    child?.channel?.unref()
    for (const stream of [child?.stdout, child?.stderr])
      if (stream !== null && stream !== undefined && 'unref' in stream) (stream as { unref(): void }).unref()
  }
  process.once('exit', () => {
    mongodProcess?.kill('SIGKILL')
    killerProcess?.kill('SIGKILL')
    rmSync(data, { recursive: true, force: true })
  })
}

/**
 * A server of its own, empty, that mongodb-memory-server starts. A long measurement takes a new one now and then, for
 * one in memory keeps whatever it was ever given.
 */
export const freshMongoServer = async (): Promise<{
  readonly url: string
  readonly stop: () => Promise<unknown>
}> => {
  const { MongoMemoryServer } = await import('mongodb-memory-server')
  const dbPath = mkdtempSync(join(tmpdir(), 'crawl-ledger-mongodb-'))
  const server = await MongoMemoryServer.create({ instance: { dbPath } })
  endWithUs(server, dbPath)
  return { url: server.getUri(), stop: () => server.stop() }
}

const start = async (): Promise<string> => (await freshMongoServer()).url

let started: Promise<string> | undefined

let known: { readonly server: TestServer | undefined } | undefined

/**
 * The server that all tests of a process share: the one in `TEST_MONGODB_URI`, else one that mongodb-memory-server
 * starts and that ends with the process. undefined, with one line that says why, when there is neither.
 *
 * @throws Error instead of undefined when `REQUIRE_MONGODB=1`
 */
export const mongoTestServer = (): TestServer | undefined => {
  if (known !== undefined) return known.server
  const { TEST_MONGODB_URI, REQUIRE_MONGODB } = process.env
  const reason = TEST_MONGODB_URI === undefined ? obstacle() : undefined
  if (reason !== undefined) {
    const line = `NO MONGODB: its tests did not run. Set TEST_MONGODB_URI, or let a mongod be downloaded (${reason}).`
    if (REQUIRE_MONGODB === '1') throw new Error(line)
    process.stderr.write(`${line}\n`)
    known = { server: undefined }
    return undefined
  }
  const server: TestServer = {
    url: () => {
      started ??= TEST_MONGODB_URI === undefined ? start() : Promise.resolve(TEST_MONGODB_URI)
      return started
    },
  }
  known = { server }
  return server
}
