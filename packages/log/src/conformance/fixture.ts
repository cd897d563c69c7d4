import type { Store } from '../ports.js'
import type { OddName } from './odd.js'

/** A store whose next commit stops between its reservation and its insert, as a slow writer does. */
export interface Stalled {
  readonly store: Store
  /** Resolves when a position is reserved and nothing is written. */
  readonly reserved: Promise<void>
  /** Lets the insert go on. */
  resume(): void
}

/** What a store may do differently. Each difference is asserted both ways. */
export interface Capabilities {
  /** Whether a writer may die after reserving; if so, how to stop one there. */
  readonly holes: false | { stall(ledger: string): Promise<Stalled> }
  /** Whether positions come from a sequencer; if so, how to set it in all partitions, or to lose it. */
  readonly sequencer: false | { set(ledger: string, to: number | 'lost'): Promise<void> }
  /** Whether a refused fold leaves no document behind; if not, each document stands for itself. */
  readonly wholeFolds: boolean
  /** What it rejects as `unstorable`; all else reads back as it was written. */
  readonly refuses: readonly OddName[]
}

/** A module that exports `reopen` (see `Reopen`), and what to give it. */
export interface Elsewhere {
  readonly module: string
  readonly location: string
}

/** What the suite must know of a store. */
export interface Fixture {
  /** Stands in the name of every test and failure. */
  readonly name: string
  /** Opens a ledger, and makes it when it is new. The same name is the same data, in every process. */
  open(ledger: string, options?: { readonly partitions?: number }): Promise<Store>
  /** How another process opens the same. */
  elsewhere(): Promise<Elsewhere>
  /** Makes a ledger look as though another version of the program had made it. */
  setFormat(ledger: string, format: number): Promise<void>
  /** The format that a ledger says it has. */
  formatOf(ledger: string): Promise<number | undefined>
  /** Removes a ledger that is closed. */
  remove(ledger: string): Promise<void>
  readonly capabilities: Capabilities
}

/** Opens a ledger of a fixture in another process. */
export type Reopen = (location: string, ledger: string) => Promise<Store>
