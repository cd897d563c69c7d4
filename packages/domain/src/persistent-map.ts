interface Change<V> {
  readonly key: string
  /** What an older version has under the key; undefined where it has nothing. */
  readonly before: { readonly value: V } | undefined
  readonly next: PersistentMap<V>
}

/**
 * A map of which every earlier version stays as it was, and in which reading and writing the newest one takes constant
 * time: the newest version holds the entries, an older one what it differs in from the next. Using an older version
 * makes it the one that holds the entries (Baker, "Shallow binding makes functional arrays fast", 1991).
 */
export class PersistentMap<V> {
  private static readonly none = new PersistentMap<never>(new Map<string, never>(), 0)

  private constructor(
    private held: Map<string, V> | Change<V>,
    readonly size: number,
  ) {}

  static empty<V>(): PersistentMap<V> {
    return PersistentMap.none
  }

  get(key: string): V | undefined {
    return this.entries().get(key)
  }

  has(key: string): boolean {
    return this.entries().has(key)
  }

  set(key: string, value: V): PersistentMap<V> {
    // The empty map is everybody's and keeps its entries.
    if (this.size === 0) return new PersistentMap(new Map([[key, value]]), 1)
    const entries = this.entries()
    const isNew = !entries.has(key)
    const before = isNew ? undefined : { value: entries.get(key) as V }
    entries.set(key, value)
    const next = new PersistentMap(entries, isNew ? this.size + 1 : this.size)
    this.held = { key, before, next }
    return next
  }

  keys(): IterableIterator<string> {
    return this.entries().keys()
  }

  values(): IterableIterator<V> {
    return this.entries().values()
  }

  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.entries().entries()
  }

  private entries(): Map<string, V> {
    return this.held instanceof Map ? this.held : this.takeBack()
  }

  /** Undoes, newest first, what later versions changed; each of them then keeps what it changed. */
  private takeBack(): Map<string, V> {
    const chain: PersistentMap<V>[] = []
    let newest: PersistentMap<V> = this
    while (!(newest.held instanceof Map)) {
      chain.push(newest)
      newest = newest.held.next
    }
    const entries = newest.held
    for (let older = chain.pop(); older !== undefined; older = chain.pop()) {
      const { key, before, next } = older.held as Change<V>
      const after = entries.has(key) ? { value: entries.get(key) as V } : undefined
      if (before === undefined) entries.delete(key)
      else entries.set(key, before.value)
      next.held = { key, before: after, next: older }
      older.held = entries
    }
    return entries
  }
}
