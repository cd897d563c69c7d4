import Table from 'cli-table3'
import type { RecordedEvent } from 'crawl-ledger'
import { clean } from './output.js'
import type { LocationRow, Totals } from './totals.js'

export const count = (n: number): string => n.toLocaleString('en-US')

export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`

interface Column<R> {
  readonly title: string
  readonly of: (row: R) => string
  readonly number?: boolean
}

const drawn = <R>(columns: readonly Column<R>[], rows: readonly R[]): string => {
  const table = new Table({
    head: columns.map(column => column.title),
    colAligns: columns.map(column => (column.number === true ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  })
  for (const row of rows) table.push(columns.map(column => column.of(row)))
  return table.toString()
}

/** The first of the column sets that fits the width, the last one where none does. */
const fitting = <R>(sets: readonly (readonly Column<R>[])[], rows: readonly R[], width: number): string => {
  const tables = sets.map(columns => drawn(columns, rows))
  const widthOf = (table: string): number => table.indexOf('\n')
  return tables.find(table => widthOf(table) <= width) ?? tables.at(-1) ?? ''
}

const cut = (text: string, most: number): string => {
  const shown = clean(text)
  return shown.length > most ? `${shown.slice(0, most - 1)}…` : shown
}

const location: Column<LocationRow> = { title: 'Location', of: row => cut(row.id, 32) }
const place: Column<LocationRow> = { title: 'Place', of: row => cut(row.name ?? '', 32) }
const country: Column<LocationRow> = { title: 'Country', of: row => row.countryCode ?? '' }
const media: Column<LocationRow> = { title: 'Media', of: row => count(row.totalMediaItems), number: true }
const counters: readonly Column<LocationRow>[] = [
  { title: 'Active', of: row => count(row.activeWorkflows), number: true },
  { title: 'Completed', of: row => count(row.completedWorkflows), number: true },
  { title: 'Failed', of: row => count(row.failedWorkflows), number: true },
  { title: 'Errors', of: row => count(row.errors), number: true },
]

const locationsShown = 20

/** The locations with the most media items, as a table that fits the width. */
export const locationsTable = (rows: readonly LocationRow[], width: number): string => {
  const shown = rows.slice(0, locationsShown)
  const named = shown.some(row => row.name !== undefined)
  const sets = [
    ...(named ? [[location, place, country, media, ...counters]] : []),
    [location, country, media, ...counters],
    [location, media, ...counters],
    [location, media],
  ]
  const more = rows.length - shown.length
  return `${fitting(sets, shown, width)}${more > 0 ? `\nand ${count(more)} more` : ''}`
}

export const totalsLine = (totals: Totals): string =>
  `${plural(totals.locations, 'location')}, ${plural(totals.workflows, 'workflow')} ` +
  `(${count(totals.activeWorkflows)} active, ${count(totals.completedWorkflows)} completed, ` +
  `${count(totals.failedWorkflows)} failed), ${plural(totals.mediaItems, 'media item')} ` +
  `(${count(totals.video)} video, ${count(totals.image)} image, ${count(totals.post)} post; ` +
  `${count(totals.analysed)} analysed), ${plural(totals.errors, 'error')}`

/** What an event tells, in a few words. */
const told = ({ event }: RecordedEvent): string => {
  switch (event.type) {
    case 'WorkflowStarted':
      return ''
    case 'ContextUpdated':
      return Object.keys(event.data.metadata ?? event.data.fields ?? {}).join(', ')
    case 'LocationDescribed':
      return Object.keys(event.data)
        .filter(key => key !== 'told')
        .join(', ')
    case 'ItemFound':
      return [event.data.itemType, event.data.itemUrl ?? event.data.itemId].filter(Boolean).join(' ')
    case 'PlanChosen':
      return [...event.data.plan.batch, ...event.data.plan.item].join(', ')
    case 'StageCompleted':
    case 'StageRetried':
      return [event.data.stage, event.data.itemId].filter(Boolean).join(' of ')
    case 'StageClaimed':
      return `${event.data.stage} of ${event.data.itemId} by ${event.data.server}`
    case 'StageReleased':
      return `${event.data.stage} of ${event.data.itemId}, ${event.data.because}`
    case 'WorkflowResumed':
      return `by ${event.data.server}`
    case 'ErrorRecorded':
      return `${event.data.stage}: ${event.data.error}`
    case 'CompletionReported':
    case 'ItemGivenUp':
    case 'ProgressReported':
    case 'CountsChanged':
    case 'Recounted':
      return event.data.itemId ?? ''
    case 'WorkflowCompleted':
      return event.data.from === 'failed' ? 'after it had failed' : ''
    case 'WorkflowFailed':
      return event.data.failure.error
    case 'WorkflowReopened':
      return `it was ${event.data.from}`
  }
}

/** An event, or the place of those that are left out. */
type HistoryRow = RecordedEvent | { readonly leftOut: number }

const ofEvent = (title: string, of: (row: RecordedEvent) => string, number = false): Column<HistoryRow> => ({
  title,
  number,
  of: row => ('event' in row ? of(row) : ''),
})

const position = ofEvent('Position', row => count(row.position), true)
const happened = ofEvent('Happened at (UTC)', row => row.event.at?.replace('T', ' ').slice(0, 19) ?? '')
const what: Column<HistoryRow> = {
  title: 'Event',
  of: row => ('event' in row ? row.event.type : `… ${count(row.leftOut)} more …`),
}
const detail = (most: number) => ofEvent('What', row => cut(told(row), most))

/** The beginning and the end of a history, as a table that fits the width. */
export const historyTable = (
  first: readonly RecordedEvent[],
  leftOut: number,
  last: readonly RecordedEvent[],
  width: number,
): string =>
  fitting(
    [
      [position, happened, what, detail(48)],
      [position, happened, what, detail(24)],
      [position, what, detail(24)],
      [position, what],
    ],
    [...first, ...(leftOut > 0 ? [{ leftOut }] : []), ...last],
    width,
  )
