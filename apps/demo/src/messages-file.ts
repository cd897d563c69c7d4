import { isUtf8 } from 'node:buffer'
import { createReadStream, type ReadStream } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { PassThrough, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** A file that cannot be read. `message` is a sentence for a person. */
export class FileError extends Error {
  override readonly name = 'FileError'
}

/** A line that is not blank, or why it cannot be read. Lines are counted from 1, blank ones too. */
export type Line =
  | { readonly number: number; readonly text: string; readonly bytes: number }
  | { readonly number: number; readonly problem: string }

/** A message has at most 16 MiB; a line may hold one with some white space. */
const maxLineBytes = 17 * 1024 * 1024

/** Small enough that the progress of a compressed file moves. */
const chunkBytes = 32 * 1024

export interface MessagesFile {
  /** Bytes on disk; 0 where that is not known beforehand, as of a pipe. */
  readonly size: number
  /** How many of them were read so far. */
  bytesRead(): number
  /** Streams the lines. Throws a `FileError` where the file ends before its gzip data does. */
  lines(): AsyncGenerator<Line>
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown'

const newline = 0x0a

/** Cuts chunks into lines and holds no more than one line of at most `max` bytes. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, max = maxLineBytes): AsyncGenerator<Line> {
  let number = 0
  let length = 0
  let parts: Buffer[] = []
  const keep = (part: Buffer): void => {
    length += part.length
    if (length <= max) parts.push(part)
    else parts = []
  }
  const finished = (): Line | undefined => {
    number += 1
    const bytes = length
    const whole = parts.length === 1 ? parts[0] : Buffer.concat(parts)
    length = 0
    parts = []
    if (bytes > max) return { number, problem: `the line has ${bytes} bytes, a message has at most 16 MiB` }
    if (whole === undefined) return undefined
    if (!isUtf8(whole)) return { number, problem: 'the line is not UTF-8 text' }
    const text = whole.toString('utf8').trim()
    return text === '' ? undefined : { number, text, bytes }
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      keep(chunk.subarray(from, end))
      from = end + 1
      const line = finished()
      if (line !== undefined) yield line
    }
    keep(chunk.subarray(from))
  }
  const last = finished()
  if (last !== undefined) yield last
}

/** The chunks as they are, or inflated where they begin as gzip does, whatever the file is called. */
async function* plain(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = chunks[Symbol.asyncIterator]()
  const first = await source.next()
  async function* all(): AsyncGenerator<Buffer> {
    for (let next = first; !next.done; next = await source.next()) yield next.value
  }
  if (first.done || first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield* all()
    return
  }
  // What was inflated before the data broke off is still given; the error comes after it.
  let failure: Error | undefined
  const inflated = new PassThrough()
  const gunzip = createGunzip()
  const fail = (error: Error | null | undefined): void => {
    if (!error) return
    failure ??= error
    inflated.end()
  }
  gunzip.on('error', fail)
  gunzip.pipe(inflated)
  pipeline(all, gunzip, fail)
  yield* inflated
  if (failure !== undefined) throw failure
}

/** Finds the file; rejects with a `FileError` where there is none to read. */
export const openMessages = async (path: string): Promise<MessagesFile> => {
  const found = await stat(path).catch((error: unknown) => {
    throw new FileError(
      codeOf(error) === 'ENOENT'
        ? `${path} does not exist: name a .jsonl or .jsonl.gz file with --from.`
        : `${path} cannot be read (${codeOf(error)}).`,
    )
  })
  if (found.isDirectory()) throw new FileError(`${path} is a folder: name one file of messages in it.`)
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw new FileError(`${path} cannot be read (${codeOf(error)}).`)
  })
  let bytesRead = 0
  async function* counted(stream: ReadStream): AsyncGenerator<Buffer> {
    for await (const chunk of stream) {
      bytesRead += chunk.length
      yield chunk
    }
  }
  return {
    size: found.isFile() ? found.size : 0,
    bytesRead: () => bytesRead,
    async *lines() {
      let last = 0
      const stream = createReadStream(path, { highWaterMark: chunkBytes })
      try {
        for await (const line of splitLines(plain(counted(stream)))) {
          last = line.number
          yield line
        }
      } catch (error) {
        const code = codeOf(error)
        if (code === 'Z_BUF_ERROR')
          throw new FileError(`${path} is cut off: its gzip data ends too early, after line ${last}.`)
        if (code.startsWith('Z_'))
          throw new FileError(`${path} is damaged: its gzip data cannot be read after line ${last}.`)
        throw new FileError(`${path} could not be read to its end (${code}, after line ${last}).`)
      } finally {
        stream.destroy()
      }
    },
  }
}
