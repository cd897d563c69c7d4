import type { Ledger } from 'crawl-ledger'

type LocationDocument = Awaited<ReturnType<Ledger['locations']['list']>>[number]

/** What is counted of one location. */
export interface LocationTotals {
  readonly totalMediaItems: number
  readonly activeWorkflows: number
  readonly completedWorkflows: number
  readonly failedWorkflows: number
  readonly errors: number
}

export interface LocationRow extends LocationTotals {
  readonly id: string
  readonly name?: string
  readonly countryCode?: string
}

export interface Totals {
  readonly locations: number
  readonly workflows: number
  readonly activeWorkflows: number
  readonly completedWorkflows: number
  readonly failedWorkflows: number
  readonly mediaItems: number
  readonly errors: number
}

const pageSize = 1000

const rowOf = (document: LocationDocument): LocationRow => {
  const { name } = document.location ?? {}
  return {
    id: document.locationId,
    ...(name === undefined ? {} : { name }),
    ...(document.countryCode === undefined ? {} : { countryCode: document.countryCode }),
    totalMediaItems: document.totalMediaItems,
    activeWorkflows: document.activeWorkflows,
    completedWorkflows: document.completedWorkflows,
    failedWorkflows: document.failedWorkflows,
    errors: document.errorCount,
  }
}

/** Every location of the view, page by page, those with the most media items first. */
export const readLocations = async (locations: Ledger['locations']): Promise<readonly LocationRow[]> => {
  const rows: LocationRow[] = []
  let page = await locations.list({ limit: pageSize })
  for (;;) {
    rows.push(...page.map(rowOf))
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) break
    page = await locations.list({ limit: pageSize, after: last._id })
  }
  return rows.sort((a, b) => b.totalMediaItems - a.totalMediaItems || (a.id < b.id ? -1 : 1))
}

export const totalsOf = (rows: readonly LocationRow[]): Totals => {
  const sum = (field: keyof LocationTotals): number => rows.reduce((total, row) => total + row[field], 0)
  const activeWorkflows = sum('activeWorkflows')
  const completedWorkflows = sum('completedWorkflows')
  const failedWorkflows = sum('failedWorkflows')
  return {
    locations: rows.length,
    workflows: activeWorkflows + completedWorkflows + failedWorkflows,
    activeWorkflows,
    completedWorkflows,
    failedWorkflows,
    mediaItems: sum('totalMediaItems'),
    errors: sum('errors'),
  }
}

/** The counters by location, as `--json` prints them. */
export const byLocation = (rows: readonly LocationRow[]): { readonly [id: string]: LocationTotals } =>
  Object.fromEntries(rows.map(({ id, name: _name, countryCode: _country, ...counted }) => [id, counted]))
