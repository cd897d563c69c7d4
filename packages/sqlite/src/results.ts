/** What a result of SQLite means for a store. `later`: it would work another time. `forbidden`: this user may not do it. */
export type Meaning = 'later' | 'forbidden' | 'unusable'

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
      [11, 'SQLITE_CORRUPT', 'unusable'],
      [13, 'SQLITE_FULL', 'later'],
      [14, 'SQLITE_CANTOPEN', 'forbidden'],
      [15, 'SQLITE_PROTOCOL', 'later'],
      [23, 'SQLITE_AUTH', 'unusable'],
      [26, 'SQLITE_NOTADB', 'unusable'],
    ] as const
  ).map(([code, name, meaning]) => [code, { name, meaning }]),
)

/** What an error of the engine says; undefined where it is none, or a mistake of ours. An extended code has the plain one in its last byte. */
export const resultOf = (error: unknown): Result | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? results.get(error.errcode & 0xff)
    : undefined
