import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

/** Whether there is something that is no file, such as a device or a pipe: it is written to, and never replaced. */
const isDevice = (path: string): boolean => {
  const there = statSync(path, { throwIfNoEntry: false })
  return there !== undefined && !there.isFile()
}

const writeTo = (path: string, lines: AsyncIterable<string>, compressed: boolean): Promise<void> => {
  const file = createWriteStream(path)
  return compressed
    ? pipeline(Readable.from(lines), createGzip(), file)
    : pipeline(Readable.from(lines), file)
}

/**
 * Writes a file whole or not at all: it has its name only when its last byte is on the disk. `.gz` compresses. A device or
 * a pipe is written to as it is.
 */
export const writeFileOf = async (path: string, lines: AsyncIterable<string>): Promise<void> => {
  if (isDevice(path)) return writeTo(path, lines, path.endsWith('.gz'))
  const part = `${path}.part`
  try {
    await writeTo(part, lines, path.endsWith('.gz'))
    const written = await open(part, 'r+')
    try {
      await written.sync()
    } finally {
      await written.close()
    }
    await rename(part, path)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
}

/** Writes lines to a stream that stays open, such as the standard output. */
export const writeLines = (stream: Writable, lines: AsyncIterable<string>): Promise<void> =>
  pipeline(Readable.from(lines), stream, { end: false })

/** Whether a file is compressed, as its first two bytes say (RFC 1952, 2.3.1). */
const isGzip = (path: string): boolean => {
  const file = openSync(path, 'r')
  try {
    const magic = Buffer.alloc(2)
    return readSync(file, magic) === 2 && magic.readUInt16BE() === 0x1f8b
  } finally {
    closeSync(file)
  }
}

/** The bytes of a file, unpacked where it is compressed. */
export const bytesOf = (path: string): AsyncIterable<Buffer> => {
  const file = createReadStream(path)
  if (!isGzip(path)) return file
  const unpacked = createGunzip()
  file.once('error', error => unpacked.destroy(error))
  return file.pipe(unpacked)
}

/** Keeps what comes from a stream in a file, for it is read twice. */
export const keptInFile = async (
  stream: Readable,
): Promise<{ readonly path: string; readonly remove: () => void }> => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const path = join(folder, 'archive')
  try {
    await pipeline(stream, createWriteStream(path, { mode: 0o600 }))
    return { path, remove }
  } catch (error) {
    remove()
    throw error
  }
}
