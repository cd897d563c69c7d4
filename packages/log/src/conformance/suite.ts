import type { Store } from '../ports.js'
import { Crew } from './crew.js'
import type { Fixture } from './fixture.js'
import { partitions, randomFrom } from './kit.js'

/** What a store must keep to. Each test is of one rule. */
export type Rule =
  | 'positions'
  | 'clock'
  | 'versions'
  | 'message-ids'
  | 'atomic'
  | 'each-alone'
  | 'holes'
  | 'limits'
  | 'proof'
  | 'retries'
  | 'order'
  | 'chain'
  | 'reading'
  | 'tails'
  | 'contents'
  | 'documents'
  | 'compare-and-set'
  | 'lists'
  | 'builds'
  | 'leases'
  | 'restoring'
  | 'ledger'

/** What a test works with: a ledger of its own that is closed behind it. */
export class Bench {
  private readonly stores: Store[] = []
  private readonly others: Bench[] = []
  readonly crew: Crew

  constructor(
    readonly fixture: Fixture,
    /** The name of this test's ledger. */
    readonly ledger: string,
    readonly random: () => number,
  ) {
    this.crew = new Crew(fixture.elsewhere, ledger)
  }

  /** The ledger as one more server opens it. */
  async open(): Promise<Store> {
    return this.closing(await this.fixture.open(this.ledger, { partitions }))
  }

  /** A bench over a ledger of its own beside this one's, closed with it. */
  beside(suffix: string): Bench {
    const other = new Bench(this.fixture, `${this.ledger}-${suffix}`, this.random)
    this.others.push(other)
    return other
  }

  /** Has a store closed when the test is over. */
  closing(store: Store): Store {
    this.stores.push(store)
    return store
  }

  async close(): Promise<void> {
    this.crew.dismiss()
    await Promise.allSettled([...this.stores, ...this.others].map(one => one.close()))
    // What a test found says more than what cleaning up after it does.
    await this.fixture.remove(this.ledger).catch(() => {})
  }
}

/** A test of the suite before it knows which store it is for. */
export interface Sample {
  readonly rule: Rule
  readonly name: string
  run(bench: Bench): Promise<void>
}

/** A test of one store. */
export interface ConformanceTest {
  readonly rule: Rule
  readonly name: string
  run(): Promise<void>
}

const seedOf = (): number => Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))

let ledgers = 0

/** Runs a sample on a fresh ledger; a failure names the store and the seed. */
export const bound = (fixture: Fixture, sample: Sample, timeoutMs: number): ConformanceTest => ({
  rule: sample.rule,
  name: `${fixture.name}: ${sample.name}`,
  run: async () => {
    const seed = seedOf()
    ledgers += 1
    const bench = new Bench(fixture, `c${process.pid}-${ledgers}`, randomFrom(seed))
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${timeoutMs} ms`)), timeoutMs)
    })
    try {
      await Promise.race([sample.run(bench), tooLong])
    } catch (error) {
      if (error instanceof Error) error.message += ` (${fixture.name}, SEED=${seed})`
      throw error
    } finally {
      clearTimeout(timer)
      await bench.close()
    }
  },
})
