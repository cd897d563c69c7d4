import { type Store, StoreUnavailable } from '@crawl-ledger/log'
import type { StoreWatch } from './store-watch.js'

/** Opens a store when it is first needed, and again and again until that succeeds; all who wait share one attempt. */
export class LateStore {
  private opening: Promise<Store> | undefined
  private closed = false

  /** @param opened the store, where it is open already */
  constructor(
    private readonly open: () => Promise<Store>,
    private opened?: Store,
  ) {}

  get now(): Store | undefined {
    return this.opened
  }

  /** Resolves when the store is open and answers. */
  async ping(): Promise<void> {
    await (await this.connect()).ping()
  }

  connect(): Promise<Store> {
    if (this.opened !== undefined) return Promise.resolve(this.opened)
    this.opening ??= this.open()
      .then(async store => {
        if (this.closed) await store.close()
        else this.opened = store
        return store
      })
      .finally(() => {
        this.opening = undefined
      })
    return this.opening
  }

  /** Does not wait for an attempt that is under way. */
  async close(): Promise<void> {
    this.closed = true
    this.opening?.catch(() => {})
    await this.opened?.close()
  }
}

/** A store whose every call goes through a watch, so that none waits for a store that is known to be away. */
export const watched = (name: string, late: LateStore, watch: StoreWatch): Store => {
  const ask = <A>(work: (store: Store) => Promise<A>): Promise<A> =>
    watch.call(() =>
      late.now === undefined ? Promise.reject(new StoreUnavailable(name, undefined)) : work(late.now),
    )
  return {
    log: {
      /** 0 until it is known. */
      get partitions() {
        return late.now?.log.partitions ?? 0
      },
      get flights() {
        return late.now?.log.flights ?? 1
      },
      append: drafts => ask(({ log }) => log.append(drafts)),
      fill: holes => ask(({ log }) => log.fill(holes)),
      restore: commits => ask(({ log }) => log.restore(commits)),
      read: (after, limit) => ask(({ log }) => log.read(after, limit)),
      readStreams: ends => ask(({ log }) => log.readStreams(ends)),
      findMessages: (partition, stream, ids) => ask(({ log }) => log.findMessages(partition, stream, ids)),
      now: () => ask(({ log }) => log.now()),
      tails: () => ask(({ log }) => log.tails()),
    },
    views: {
      /** False until it is known. */
      get isAtomic() {
        return late.now?.views.isAtomic ?? false
      },
      checkpoints: projection => ask(({ views }) => views.checkpoints(projection)),
      load: (view, ids) => ask(({ views }) => views.load(view, ids)),
      save: fold => ask(({ views }) => views.save(fold)),
      list: (view, page) => ask(({ views }) => views.list(view, page)),
    },
    builds: {
      record: projection => ask(({ builds }) => builds.record(projection)),
      put: record => ask(({ builds }) => builds.put(record)),
      open: build => ask(({ builds }) => builds.open(build)),
      seal: build => ask(({ builds }) => builds.seal(build)),
      swap: build => ask(({ builds }) => builds.swap(build)),
      drop: build => ask(({ builds }) => builds.drop(build)),
      forget: projection => ask(({ builds }) => builds.forget(projection)),
    },
    leases: {
      list: prefix => ask(({ leases }) => leases.list(prefix)),
      take: (owner, names, forMs) => ask(({ leases }) => leases.take(owner, names, forMs)),
      release: (owner, names) => ask(({ leases }) => leases.release(owner, names)),
    },
    ping: () => ask(store => store.ping()),
    close: () => late.close(),
  }
}
