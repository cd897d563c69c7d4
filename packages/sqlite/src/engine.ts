import { isUtf8 } from 'node:buffer'
import { createRequire } from 'node:module'

export type Value = string | number | null | Uint8Array
type Row = { [column: string]: Value }

export interface Statement {
  run(...values: readonly Value[]): { readonly changes: number }
  get(...values: readonly Value[]): unknown
  all(...values: readonly Value[]): readonly unknown[]
  /** As `all`, with the bytes as bytes (see `textOf`): so one damaged row costs no other. */
  raw(...values: readonly Value[]): readonly unknown[]
  iterate(...values: readonly Value[]): IterableIterator<unknown>
}

/** What is used of a database. */
export interface Database {
  readonly isOpen: boolean
  readonly isTransaction: boolean
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

/** The part of `node:sqlite` that is used; `@photostructure/sqlite` has the same. */
export interface Engine {
  readonly DatabaseSync: new (
    path: string,
    options?: { readonly readOnly: boolean },
  ) => {
    readonly isOpen: boolean
    readonly isTransaction: boolean
    exec(sql: string): void
    prepare(sql: string): {
      run(...values: readonly Value[]): { readonly changes: number | bigint }
      get(...values: readonly Value[]): unknown
      all(...values: readonly Value[]): unknown[]
      iterate(...values: readonly Value[]): IterableIterator<unknown>
    }
    close(): void
  }
}

/** Before this version SQLite can lose committed writes when two processes checkpoint a WAL at once (sqlite.org/wal.html). */
const oldest = [3, 51, 3] as const

const isOld = (version: string): boolean => {
  const parts = version.split('.').map(Number)
  for (const [i, least] of oldest.entries()) if (parts[i] !== least) return !(Number(parts[i]) > least)
  return false
}

/** There is no engine, or only one that is too old. */
export class EngineMissing extends Error {
  override readonly name = 'EngineMissing'
}

/** A text that is no UTF-8: the file was damaged, or another program wrote it. */
export class DamagedText extends Error {
  override readonly name = 'DamagedText'
}

const require = createRequire(import.meta.url)

/** Node 22 warns that its own is experimental; we know what we use. */
const withoutWarning = <A>(work: () => A): A => {
  const { emitWarning } = process
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]): void => {
    const isOurs = rest[0] === 'ExperimentalWarning' && String(warning).startsWith('SQLite is')
    if (!isOurs) Reflect.apply(emitWarning, process, [warning, ...rest])
  }) as typeof emitWarning
  try {
    return work()
  } finally {
    process.emitWarning = emitWarning
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND'

const found = (): Engine => {
  const { sqlite, node } = process.versions
  if (sqlite !== undefined && !isOld(sqlite)) return withoutWarning(() => require('node:sqlite') as Engine)
  try {
    return require('@photostructure/sqlite') as Engine
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    const own = sqlite === undefined ? 'has no SQLite of its own' : `has SQLite ${sqlite}`
    throw new EngineMissing(
      `Node ${node} ${own}, and ${oldest.join('.')} or a later one is needed. Install it: npm install @photostructure/sqlite@1.2.1`,
      { cause },
    )
  }
}

let engine: Engine | undefined

/**
 * The engine of this process: that of Node where it is new enough, else the one that is installed beside it.
 *
 * @throws EngineMissing with the command that installs one
 */
export const sqliteEngine = (): Engine => {
  engine ??= checked(found())
  return engine
}

/** What a package says of itself is not what counts. */
const checked = (one: Engine): Engine => {
  const db = new one.DatabaseSync(':memory:')
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  db.close()
  if (isOld(version))
    throw new EngineMissing(
      `SQLite ${version} can lose what was written; ${oldest.join('.')} or a later one is needed.`,
    )
  return one
}

/** A driver binds a text only up to a NUL, so that one with a NUL is bound as its bytes. */
const bound = (values: readonly Value[]): readonly Value[] =>
  values.some(value => typeof value === 'string' && value.includes('\0'))
    ? values.map(value => (typeof value === 'string' && value.includes('\0') ? Buffer.from(value) : value))
    : values

/**
 * The text of bytes that were read: an engine would put U+FFFD where it is no UTF-8, and say nothing.
 *
 * @throws DamagedText
 */
export const textOf = (column: string, bytes: Uint8Array): string => {
  if (!isUtf8(bytes)) throw new DamagedText(`${column} of a row is no UTF-8`)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
}

/** A row as a plain object, with texts where bytes were read. */
const withTexts = (row: unknown): unknown => {
  if (row === undefined) return undefined
  const plain: Row = { ...(row as Row) }
  for (const column in plain) {
    const value = plain[column]
    if (value instanceof Uint8Array) plain[column] = textOf(column, value)
  }
  return plain
}

/**
 * Opens a file, or `:memory:`; by a `file:` URL also with SQLite's parameters. What is read as bytes comes as text.
 *
 * @throws EngineMissing; a statement throws DamagedText where what was read as bytes is no UTF-8
 */
export const openDatabase = (path: string, { readOnly = false } = {}): Database => {
  const { DatabaseSync } = sqliteEngine()
  const db = new DatabaseSync(path, { readOnly })
  return {
    get isOpen() {
      return db.isOpen
    },
    get isTransaction() {
      return db.isTransaction
    },
    exec: sql => db.exec(sql),
    prepare: sql => {
      const statement = db.prepare(sql)
      return {
        run: (...values) => ({ changes: Number(statement.run(...bound(values)).changes) }),
        get: (...values) => withTexts(statement.get(...bound(values))),
        all: (...values) => statement.all(...bound(values)).map(withTexts),
        raw: (...values) => statement.all(...bound(values)),
        *iterate(...values) {
          for (const row of statement.iterate(...bound(values))) yield withTexts(row)
        },
      }
    },
    // Called again it does nothing, as closing does elsewhere.
    close: () => {
      if (db.isOpen) db.close()
    },
  }
}

export { resultOf } from './results.js'
