export interface Lease {
  readonly name: string
  readonly owner: string
  /** By the store's clock. */
  readonly expired: boolean
}

/**
 * Who does what, for efficiency and never for correctness. Time is the store's own: no worker's clock counts.
 */
export interface Leases {
  /** The leases whose names begin with `prefix`, by name. */
  list(prefix: string): Promise<readonly Lease[]>
  /** Takes those that are free or expired and renews those that are the owner's; answers which are the owner's now. */
  take(owner: string, names: readonly string[], forMs: number): Promise<readonly string[]>
  /** Gives back those that are the owner's. */
  release(owner: string, names: readonly string[]): Promise<void>
}
