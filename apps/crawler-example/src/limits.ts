/** How far one crawl goes, and how hard it leans on the servers it visits. */
export interface Limits {
  /** Pages of one site. */
  readonly pages: number
  /** Links from the first page. */
  readonly depth: number
  /** Of a page: what is beyond is not read. */
  readonly pageBytes: number
  /** Of a file on the web: what is larger fails. */
  readonly itemBytes: number
  /** For how long a site is searched for media. */
  readonly discoveryMs: number
  /** For how long a page may take. */
  readonly pageMs: number
  /** For how long a file may take. */
  readonly itemMs: number
  /** Requests to one origin at once. */
  readonly perOrigin: number
  /** The longest pause that a robots.txt can ask for between two requests. */
  readonly longestPauseMs: number
  /** How often what may pass (no answer, a server's error) is tried. */
  readonly attempts: number
  /** Between two attempts at a page. */
  readonly retryPauseMs: number
}

const mebibyte = 1024 * 1024

export const usualLimits: Limits = {
  pages: 500,
  depth: 10,
  pageBytes: 2 * mebibyte,
  itemBytes: 100 * mebibyte,
  discoveryMs: 15 * 60_000,
  pageMs: 15_000,
  itemMs: 120_000,
  perOrigin: 4,
  longestPauseMs: 10_000,
  attempts: 2,
  retryPauseMs: 1000,
}
