import Table from 'cli-table3'
import type { Ledger, MediaDocument, WorkflowDocument, WorkflowRef } from 'crawl-ledger'
import { clean } from './output.js'
import { type Standing, standingOf } from './standing.js'

export const count = (n: number): string => n.toLocaleString('en-US')

const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

const units = ['kB', 'MB', 'GB', 'TB']

/** Bytes as a person reads them: 1,234 bytes or 56.7 MB. */
export const size = (bytes: number): string => {
  const power = Math.min(units.length, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return power === 0 ? plural(bytes, 'byte') : `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`
}

/** What a crawl came to. */
export interface Result {
  readonly workflow: WorkflowDocument
  readonly standing: Standing
  /** What the search counted: pages, folders, links not followed, limits that were reached. */
  readonly notes: { readonly [note: string]: number }
}

const isCounts = (result: unknown): result is { readonly [note: string]: number } =>
  typeof result === 'object' && result !== null && Object.values(result).every(n => typeof n === 'number')

const pageSize = 1000

/** Every media item of a batch, from the view. */
const itemsOf = async (
  { media }: Ledger,
  { locationId, batchId }: WorkflowRef,
): Promise<readonly MediaDocument[]> => {
  const all: MediaDocument[] = []
  for (let after: string | undefined; ; ) {
    const page = { locationId, batchId, limit: pageSize, ...(after === undefined ? {} : { after }) }
    const items = await media.find(page)
    all.push(...items)
    after = items.at(-1)?._id
    if (items.length < pageSize) return all
  }
}

export const readResult = async (ledger: Ledger, workflow: WorkflowDocument): Promise<Result> => {
  const { search } = workflow.context.metadata
  return {
    workflow,
    standing: standingOf(await itemsOf(ledger, workflow)),
    notes: isCounts(search) ? search : {},
  }
}

/** What `--json` prints. */
export const resultJson = ({ workflow, standing, notes }: Result): string =>
  JSON.stringify({
    locationId: workflow.locationId,
    batchId: workflow.batchId,
    status: workflow.status,
    items: standing.items,
    bytes: standing.bytes,
    failed: standing.failures.length,
    types: standing.types,
    failures: standing.failures.map(({ item, stage, code, message }) => ({
      itemId: item.itemId,
      itemUrl: item.itemUrl,
      stage,
      code,
      message,
    })),
    errors: workflow.errorCount,
    search: notes,
  })

const typesTable = ({ types }: Standing): string => {
  const table = new Table({
    head: ['Type', 'Files', 'Size', 'Failed'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  for (const { type, items, bytes, failed } of types)
    table.push([clean(type), count(items), size(bytes), failed === 0 ? '' : count(failed)])
  return table.toString()
}

const shownAtMost = 20

const listed = (title: string, texts: readonly string[]): readonly string[] =>
  texts.length === 0
    ? []
    : [
        title,
        ...texts.slice(0, shownAtMost).map(text => `  ${clean(text)}`),
        ...(texts.length > shownAtMost ? [`  and ${count(texts.length - shownAtMost)} more`] : []),
      ]

const told: { readonly [note: string]: (n: number) => string } = {
  pages: n => `${plural(n, 'page')} read`,
  folders: n => `${plural(n, 'folder')} read`,
  forbiddenByRobots: n => `${plural(n, 'address', 'addresses')} left alone as robots.txt asks`,
  linksNotFollowed: n => `${plural(n, 'link')} not followed`,
  leftTheSite: n => `${plural(n, 'page')} led to another site`,
  stoppedAtPages: () => 'stopped at the limit of pages',
  stoppedAtDepth: () => 'stopped at the limit of depth',
  stoppedAtTime: () => 'stopped at the limit of time',
}

/** The lines that a person reads. */
export const resultText = ({ workflow, standing, notes }: Result): readonly string[] => {
  const { items, bytes, failures } = standing
  const search = Object.entries(notes).flatMap(([note, n]) => told[note]?.(n) ?? [])
  const unread = workflow.errors.filter(({ itemId, fatal }) => itemId === undefined && fatal === false)
  return [
    `${plural(items, 'media file')}, ${size(bytes)}, ${count(failures.length)} failed.`,
    ...(search.length === 0 ? [] : [`The search: ${search.join(', ')}.`]),
    ...(items === 0 ? [] : [typesTable(standing)]),
    ...listed(
      'Failed:',
      failures.map(({ stage, message }) => `${stage}: ${message}`),
    ),
    ...listed(
      'Could not be searched:',
      unread.map(({ error }) => error),
    ),
  ]
}
