import type { Store } from '../ports.js'
import type { ViewStore } from '../view-port.js'

const noViews: ViewStore = {
  isAtomic: false,
  checkpoints: async () => [],
  load: async () => [],
  save: async () => false,
  list: async () => [],
}

/** A store that does nothing and never complains. Every test must fail on it. */
export const nothingStore = (partitions: number): Store => ({
  log: {
    partitions,
    flights: 1,
    append: async () => [],
    fill: async () => {},
    restore: async () => {},
    read: async () => [],
    readStreams: async () => [],
    findMessages: async () => [],
    now: async () => '',
    tails: async () => new Map(),
  },
  views: noViews,
  builds: {
    record: async () => undefined,
    put: async () => false,
    open: async () => noViews,
    seal: async () => {},
    swap: async () => {},
    drop: async () => {},
    forget: async () => {},
  },
  leases: {
    list: async () => [],
    take: async () => [],
    release: async () => {},
  },
  ping: async () => {},
  close: async () => {},
})
