import type { Ledger, LocationDocument, View } from 'crawl-ledger'

/** What is counted of one location. */
export interface LocationTotals {
  readonly totalMediaItems: number
  readonly activeWorkflows: number
  readonly completedWorkflows: number
  readonly failedWorkflows: number
  readonly errors: number
  /** What users asked for, sorted. */
  readonly queries: readonly string[]
}

export interface LocationRow extends LocationTotals {
  readonly id: string
  readonly name?: string
  readonly countryCode?: string
  readonly types: { readonly video: number; readonly image: number; readonly post: number }
}

export interface ItemTotals {
  /** Of `metadata.size`, where it is a number. */
  readonly bytes: number
  /** How many have results of the analysis. */
  readonly analysed: number
}

export interface Totals extends ItemTotals {
  readonly locations: number
  readonly workflows: number
  readonly activeWorkflows: number
  readonly completedWorkflows: number
  readonly failedWorkflows: number
  readonly mediaItems: number
  readonly errors: number
  readonly video: number
  readonly image: number
  readonly post: number
}

const pageSize = 1000

/** Every document of a view, in the order of the keys. */
async function* allOf<D extends { readonly _id: string }, R>(view: View<D, R>): AsyncGenerator<D> {
  let page = await view.list({ limit: pageSize })
  for (;;) {
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    page = await view.list({ limit: pageSize, after: last._id })
  }
}

const rowOf = (document: LocationDocument): LocationRow => {
  const { locationName, countryCode, itemTypes } = document
  return {
    id: document.locationId,
    ...(locationName === undefined ? {} : { name: locationName }),
    ...(countryCode === undefined ? {} : { countryCode }),
    types: { video: itemTypes.video, image: itemTypes.image, post: itemTypes.post },
    totalMediaItems: document.totalMediaItems,
    activeWorkflows: document.activeWorkflows,
    completedWorkflows: document.completedWorkflows,
    failedWorkflows: document.failedWorkflows,
    errors: document.errorCount,
    queries: [...(document.metadata.queries ?? [])].sort(),
  }
}

/** Every location of the view, those with the most media items first. */
export const readLocations = async (locations: Ledger['locations']): Promise<readonly LocationRow[]> => {
  const rows: LocationRow[] = []
  for await (const document of allOf(locations)) rows.push(rowOf(document))
  return rows.sort((a, b) => b.totalMediaItems - a.totalMediaItems || (a.id < b.id ? -1 : 1))
}

/** What only the items themselves say. */
export const readItems = async (media: Pick<Ledger['media'], 'get' | 'list'>): Promise<ItemTotals> => {
  let bytes = 0
  let analysed = 0
  for await (const { metadata } of allOf(media)) {
    if (typeof metadata.size === 'number') bytes += metadata.size
    if (metadata.analysisResults !== undefined) analysed += 1
  }
  return { bytes, analysed }
}

export const totalsOf = (rows: readonly LocationRow[], items: ItemTotals): Totals => {
  const sum = (figure: (row: LocationRow) => number): number =>
    rows.reduce((total, row) => total + figure(row), 0)
  const activeWorkflows = sum(row => row.activeWorkflows)
  const completedWorkflows = sum(row => row.completedWorkflows)
  const failedWorkflows = sum(row => row.failedWorkflows)
  return {
    locations: rows.length,
    workflows: activeWorkflows + completedWorkflows + failedWorkflows,
    activeWorkflows,
    completedWorkflows,
    failedWorkflows,
    mediaItems: sum(row => row.totalMediaItems),
    errors: sum(row => row.errors),
    video: sum(row => row.types.video),
    image: sum(row => row.types.image),
    post: sum(row => row.types.post),
    ...items,
  }
}

/** The counters by location, as `--json` prints them. */
export const byLocation = (rows: readonly LocationRow[]): { readonly [id: string]: LocationTotals } =>
  Object.fromEntries(
    rows.map(({ id, name: _name, countryCode: _country, types: _types, ...counted }) => [id, counted]),
  )
