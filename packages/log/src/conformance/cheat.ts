import type { Builds } from '../build-port.js'
import type { Draft } from '../commit.js'
import type { Leases } from '../lease-port.js'
import type { Log, Store } from '../ports.js'
import type { ViewStore } from '../view-port.js'
import type { Rule } from './suite.js'

/** A store that breaks one rule on purpose. The tests of that rule must fail on it. */
export interface Cheat {
  readonly name: string
  readonly breaks: readonly Rule[]
  /** What it makes of an honest store. */
  wrap(store: Store): Store
  /** Opens a ledger also where it does not go with what was asked for. */
  readonly opensAnything?: true
}

export const log = (name: string, breaks: readonly Rule[], change: (honest: Log) => Partial<Log>): Cheat => ({
  name,
  breaks,
  wrap: store => ({ ...store, log: { ...store.log, ...change(store.log) } }),
})

export const views = (
  name: string,
  breaks: readonly Rule[],
  change: (honest: ViewStore) => Partial<ViewStore>,
): Cheat => ({
  name,
  breaks,
  wrap: store => ({ ...store, views: { ...store.views, ...change(store.views) } }),
})

export const builds = (name: string, change: (honest: Builds) => Partial<Builds>): Cheat => ({
  name,
  breaks: ['builds'],
  wrap: store => ({ ...store, builds: { ...store.builds, ...change(store.builds) } }),
})

export const leases = (name: string, change: (honest: Leases) => Partial<Leases>): Cheat => ({
  name,
  breaks: ['leases'],
  wrap: store => ({ ...store, leases: { ...store.leases, ...change(store.leases) } }),
})

/** Writes other drafts than it was given. */
export const drafts = (name: string, breaks: readonly Rule[], change: (draft: Draft) => Draft): Cheat =>
  log(name, breaks, honest => ({ append: given => honest.append(given.map(change)) }))
