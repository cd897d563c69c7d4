import robotsParser from 'robots-parser'

export const agent = 'crawl-ledger-example'

/** What a site asks of those who crawl it. */
export interface Rules {
  allows(url: string): boolean
  /** Between two requests. */
  readonly pauseMs: number
}

const parse = robotsParser as unknown as typeof robotsParser.default

/** Reads a robots.txt; without one everything is allowed. */
export const rulesOf = (url: string, text: string): Rules => {
  const robots = parse(url, text)
  return {
    allows: page => robots.isAllowed(page, agent) ?? true,
    pauseMs: (robots.getCrawlDelay(agent) ?? 0) * 1000,
  }
}
