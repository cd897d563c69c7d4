import Table from 'cli-table3'
import { clean } from './output.js'

/** Rows under headings, as lines of text. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string => {
  const made = new Table({ head: [...head], style: { head: [], border: [], compact: true } })
  for (const row of rows) made.push(row.map(cell => clean(String(cell))))
  return made.toString()
}
