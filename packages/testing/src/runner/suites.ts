/** What uvu is told for each suite: a pattern of files, and what of it is left out. Each runs in a process of its own. */
export const suites = {
  packages: ['^packages/.*\\.test\\.ts$', '-i', '^packages/service-bus', '-i', '^apps'],
  apps: ['^apps/.*\\.test\\.ts$', '-i', '^apps/replay', '-i', '^packages'],
  others: ['^(packages/service-bus|apps/replay|docs)/.*\\.test\\.ts$'],
} as const

export type SuiteName = keyof typeof suites

export const suiteNames = Object.keys(suites) as readonly SuiteName[]
