import { type Analytics, type Ledger, StoreError } from 'crawl-ledger'

/** For tests: what the server needs of a ledger, in memory. */
export type FakeLedger = Pick<Ledger, 'store' | 'analytics' | 'ping' | 'spool'>

/** For tests: the store is away. */
export class Away extends StoreError {
  override readonly name = 'Away'
  readonly code = 'store-unavailable'
}

export const berlin: Analytics = {
  locationId: 'berlin',
  totalMediaItems: 30,
  activeWorkflows: 1,
  completedWorkflows: 2,
  failedWorkflows: 3,
  errorCount: 4,
  generatedAt: '2025-05-01T12:00:00.000Z',
}

/** For tests: a ledger that knows `berlin` alone, with some of its parts replaced. */
export const fakeLedger = (parts: Partial<FakeLedger> = {}): FakeLedger => ({
  store: 'mongodb://db.example/ta_crawler',
  analytics: async id => (id === berlin.locationId ? berlin : undefined),
  ping: async () => 1.2345,
  spool: undefined,
  ...parts,
})

export const never = <A>(): Promise<A> => new Promise<A>(() => {})
