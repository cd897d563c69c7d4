/**
 * What a result of SQLite means for a store. `later`: it would work another time. `forbidden`: this user may not do it.
 * `damaged`: what is in the file is not what SQLite wrote.
 */
export type Meaning = 'later' | 'forbidden' | 'damaged' | 'unusable'

interface Result {
  readonly name: string
  readonly meaning: Meaning
}

/** SQLite's result codes (sqlite.org/rescode.html). */
const results: ReadonlyMap<number, Result> = new Map(
  (
    [
      [3, 'SQLITE_PERM', 'forbidden'],
      [5, 'SQLITE_BUSY', 'later'],
      [6, 'SQLITE_LOCKED', 'later'],
      [8, 'SQLITE_READONLY', 'forbidden'],
      [9, 'SQLITE_INTERRUPT', 'later'],
      [10, 'SQLITE_IOERR', 'later'],
      [11, 'SQLITE_CORRUPT', 'damaged'],
      [13, 'SQLITE_FULL', 'later'],
      [14, 'SQLITE_CANTOPEN', 'forbidden'],
      [15, 'SQLITE_PROTOCOL', 'later'],
      [23, 'SQLITE_AUTH', 'unusable'],
      [26, 'SQLITE_NOTADB', 'damaged'],
    ] as const
  ).map(([code, name, meaning]) => [code, { name, meaning }]),
)

/** SQLite's fixed texts (sqlite3_errstr) of the results that a reading statement may have. */
const texts: ReadonlyMap<string, number> = new Map([
  ['database is locked', 5],
  ['database table is locked', 6],
  ['attempt to write a readonly database', 8],
  ['interrupted', 9],
  ['disk I/O error', 10],
  ['database disk image is malformed', 11],
  ['database or disk is full', 13],
  ['unable to open database file', 14],
  ['locking protocol', 15],
  ['file is not a database', 26],
])

/** The package's `all` throws an error without a number: its text is all there is. */
const codeOf = (error: Error): number | undefined => {
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode
  return 'code' in error && error.code === 'ERR_SQLITE_ERROR' ? texts.get(error.message) : undefined
}

/** What an error of the engine says; undefined where it is none, or a mistake of ours. An extended code has the plain one in its last byte. */
export const resultOf = (error: unknown): Result | undefined => {
  const code = error instanceof Error ? codeOf(error) : undefined
  return code === undefined ? undefined : results.get(code & 0xff)
}
