import type { Database } from 'libsql'

/** Calls into SQLite cost more than the rows themselves, so rows go several at a time. */
const atOnce = 8

/** Inserts rows, those excepted whose unique keys are taken; answers how many went in. */
export const rowInserter = (
  db: Database,
  table: string,
  columns: readonly string[],
): ((rows: readonly (readonly unknown[])[]) => number) => {
  const row = `(${columns.map(() => '?').join(', ')})`
  const insert = (count: number) =>
    db.prepare(
      `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES ${Array(count).fill(row).join(', ')}`,
    )
  const one = insert(1)
  const several = insert(atOnce)
  return rows => {
    const even = rows.length - (rows.length % atOnce)
    let changes = 0
    for (let i = 0; i < even; i += atOnce) changes += several.run(rows.slice(i, i + atOnce).flat()).changes
    for (const last of rows.slice(even)) changes += one.run(last).changes
    return changes
  }
}
