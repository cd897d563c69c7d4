import type { Database, Value } from './engine.js'

/** Calls into SQLite cost more than the rows themselves, so rows go several at a time. */
const atOnce = 16

/** Inserts rows, their values one after the other, those excepted whose unique keys are taken; answers how many went in. */
export const rowInserter = (
  db: Database,
  table: string,
  columns: readonly string[],
): ((values: readonly Value[]) => number) => {
  const width = columns.length
  const row = `(${columns.map(() => '?').join(', ')})`
  const insert = (count: number) =>
    db.prepare(
      `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES ${Array(count).fill(row).join(', ')}`,
    )
  const one = insert(1)
  const several = insert(atOnce)
  return values => {
    let changes = 0
    let at = 0
    for (; at + atOnce * width <= values.length; at += atOnce * width)
      changes += several.run(...values.slice(at, at + atOnce * width)).changes
    for (; at < values.length; at += width) changes += one.run(...values.slice(at, at + width)).changes
    return changes
  }
}
