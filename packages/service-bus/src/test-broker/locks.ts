interface Entry<V> {
  readonly value: V
  readonly until: number
}

/**
 * What is locked, and until when. All locks last equally long, so the map's own order is that in which they expire,
 * and one timer is enough for all.
 */
export class Locks<K, V> {
  private readonly entries = new Map<K, Entry<V>>()
  private timer: NodeJS.Timeout | undefined

  /** @param lasts in milliseconds; Infinity for locks that do not expire by themselves */
  constructor(
    private readonly lasts: number,
    private readonly expired: (key: K, value: V) => void,
  ) {}

  get size(): number {
    return this.entries.size
  }

  /** @returns until when, as a time in milliseconds */
  add(key: K, value: V): number {
    const until = Date.now() + this.lasts
    this.entries.set(key, { value, until })
    if (this.timer === undefined) this.wait()
    return until
  }

  get(key: K): V | undefined {
    return this.entry(key)?.value
  }

  until(key: K): number | undefined {
    return this.entry(key)?.until
  }

  /** @returns until when from now on; undefined if it was not locked any more */
  renew(key: K): number | undefined {
    const entry = this.entry(key)
    if (entry === undefined) return undefined
    this.entries.delete(key)
    return this.add(key, entry.value)
  }

  remove(key: K): V | undefined {
    const entry = this.entry(key)
    this.entries.delete(key)
    return entry?.value
  }

  /** Ends all locks without calling them expired. */
  clear(): readonly V[] {
    const values = [...this.entries.values()].map(entry => entry.value)
    this.entries.clear()
    return values
  }

  expireAll(): void {
    this.expire(Number.POSITIVE_INFINITY)
  }

  /** A timer may be late; a lock is not. */
  private entry(key: K): Entry<V> | undefined {
    const entry = this.entries.get(key)
    if (entry === undefined || entry.until > Date.now()) return entry
    this.expire(Date.now())
    return undefined
  }

  private expire(now: number): void {
    const over: [K, V][] = []
    for (const [key, { value, until }] of this.entries) {
      if (until > now) break
      over.push([key, value])
    }
    // All leave before the first is told of, since whoever hears of it may lock something again.
    for (const [key] of over) this.entries.delete(key)
    for (const [key, value] of over) this.expired(key, value)
  }

  private wait(): void {
    const first = this.entries.values().next().value
    if (first === undefined || first.until === Number.POSITIVE_INFINITY) return
    this.timer = setTimeout(
      () => {
        this.timer = undefined
        this.expire(Date.now())
        if (this.timer === undefined) this.wait()
      },
      Math.max(1, first.until - Date.now()),
    ).unref()
  }
}
