import { appending } from './appending.js'
import { builds } from './builds.js'
import { documents } from './documents.js'
import { duplicates } from './duplicates.js'
import { faults } from './faults.js'
import type { Fixture } from './fixture.js'
import { following } from './following.js'
import { holes } from './holes.js'
import { leases } from './leases.js'
import { ledger } from './ledger.js'
import { limits } from './limits.js'
import { lists } from './lists.js'
import { reading } from './reading.js'
import { restoring } from './restoring.js'
import { sequencing } from './sequencing.js'
import { sharing } from './sharing.js'
import { bound, type ConformanceTest, type Sample } from './suite.js'
import { views } from './views.js'

export { cheats } from './broken.js'
export type { Cheat } from './cheat.js'
export type { Capabilities, Elsewhere, Fixture, Reopen, Stalled } from './fixture.js'
export { nothingStore } from './nothing.js'
export { type OddName, odd } from './odd.js'
export type { ConformanceTest, Rule } from './suite.js'

const samples: readonly Sample[] = [
  ...appending,
  ...duplicates,
  ...following,
  ...holes,
  ...sequencing,
  ...sharing,
  ...reading,
  ...limits,
  ...faults,
  ...views,
  ...documents,
  ...lists,
  ...builds,
  ...leases,
  ...restoring,
  ...ledger,
]

/** How long one test may take. */
const patienceMs = 20_000

/**
 * The suite as a list: what every store must pass.
 * A failure names the store and a seed; with that in `SEED` it happens again.
 */
export const conformanceTests = (fixture: Fixture, timeoutMs = patienceMs): readonly ConformanceTest[] =>
  samples.map(sample => bound(fixture, sample, timeoutMs))

/** Adds the suite to a test runner: `conformance(fixture, suite(fixture.name))` with uvu. */
export const conformance = (
  fixture: Fixture,
  register: (name: string, run: () => Promise<void>) => void,
): void => {
  for (const { name, run } of conformanceTests(fixture)) register(name, run)
}
