import { LedgerClosed, StoreAway, StoreUnavailable, StoreUnusable } from '@crawl-ledger/log'
import {
  BehaviorSubject,
  defer,
  distinctUntilChanged,
  type Observable,
  retry,
  type Subscription,
  skip,
  tap,
  throwError,
  timeout,
  timer,
} from 'rxjs'

export interface StoreWatchOptions {
  /** Asks the store for a sign of life. */
  readonly ping: () => Promise<unknown>
  /** Whether it starts with a store that is not there yet. Default false. */
  readonly away?: boolean
  /** After how long without an answer to a call the store is asked whether it is there, in milliseconds. Default 300. */
  readonly patienceMs?: number
  /** How long an answer to that question may take, in milliseconds. Default 2,500: a store that takes a second is slow, and not away. */
  readonly pingMs?: number
  /**
   * After how long a call is given up although the store answers pings, in milliseconds: its connection is dead, and
   * nobody says so. Default 30,000.
   */
  readonly callMs?: number
  /** Is told why the store is away, each time the reason is of another kind. */
  readonly onTrouble?: (error: unknown) => void
}

/** What is asked of the store and not answered yet. */
interface Call {
  readonly since: number
  readonly giveUp: (error: unknown) => void
}

const longestPauseMs = 1000

/** How long to wait before an absent store is asked for the n-th time again, in milliseconds: from 50, doubling, to a second. */
export const pauseMs = (count: number): number => Math.min(longestPauseMs, 50 * 2 ** Math.min(count - 1, 10))

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

/**
 * The circuit breaker of a store. A call that fails or does not come back is a suspicion, and two pings in a row
 * without an answer make it certain: then whatever is under way is given up, and every call is refused at once, until
 * a ping in the background is answered. No caller's own call is ever the one that tries.
 */
export class StoreWatch {
  private readonly state: BehaviorSubject<boolean>
  private readonly underWay = new Set<Call>()
  private watching: NodeJS.Timeout | undefined
  private verifying = false
  private verification: Subscription | undefined
  private probing: Subscription | undefined
  private trouble: unknown
  private closed = false

  /** @param store the store's name, as errors have it */
  constructor(
    private readonly store: string,
    private readonly options: StoreWatchOptions,
  ) {
    this.state = new BehaviorSubject(options.away === true)
    if (options.away === true) this.probe()
  }

  private get patienceMs(): number {
    return this.options.patienceMs ?? 300
  }

  private get pingMs(): number {
    return this.options.pingMs ?? 2500
  }

  get isAway(): boolean {
    return this.state.value
  }

  /** Whether the store is away, each time that changes. */
  get changes(): Observable<boolean> {
    return this.state.pipe(skip(1), distinctUntilChanged())
  }

  /** Does what is asked of the store. Rejects with `StoreAway` as soon as the store is known to be away, and with `LedgerClosed`. */
  call<A>(work: () => Promise<A>): Promise<A> {
    if (this.closed) return Promise.reject(new LedgerClosed(this.store))
    if (this.isAway) return Promise.reject(this.away())
    return new Promise((resolve, reject) => {
      const call = { since: performance.now(), giveUp: reject }
      this.underWay.add(call)
      this.watching ??= setInterval(() => this.watch(), this.patienceMs)
      work().then(
        answer => {
          this.underWay.delete(call)
          resolve(answer)
        },
        (error: unknown) => {
          this.underWay.delete(call)
          if (error instanceof StoreUnavailable || error instanceof StoreUnusable) this.suspect()
          reject(error)
        },
      )
    })
  }

  /** Looks for calls that take long. */
  private watch(): void {
    if (this.underWay.size === 0) this.rest()
    const now = performance.now()
    for (const call of this.underWay) {
      const tookMs = now - call.since
      if (tookMs >= this.patienceMs) this.suspect()
      if (tookMs >= (this.options.callMs ?? 30_000))
        this.giveUp(call, new StoreUnavailable(this.store, undefined))
    }
  }

  private rest(): void {
    clearInterval(this.watching)
    this.watching = undefined
  }

  private giveUp(call: Call, error: unknown): void {
    this.underWay.delete(call)
    call.giveUp(error)
  }

  close(): void {
    this.closed = true
    this.rest()
    for (const call of this.underWay) this.giveUp(call, new LedgerClosed(this.store))
    this.verification?.unsubscribe()
    this.probing?.unsubscribe()
    this.state.complete()
  }

  private away(): StoreAway {
    return new StoreAway(this.store, this.trouble)
  }

  private suspect(): void {
    if (this.verifying || this.isAway || this.closed) return
    this.verifying = true
    // Two, for where this process itself was busy the first one's time may be over before its answer is looked at.
    this.verification = this.asked(this.pingMs)
      .pipe(retry(1))
      .subscribe({
        complete: () => {
          this.verifying = false
        },
        error: (error: unknown) => {
          this.verifying = false
          this.lose(error)
        },
      })
  }

  /** A ping, or an error when there is no answer in time. */
  private asked(ms: number): Observable<unknown> {
    const late = throwError(() => new StoreUnavailable(this.store, undefined))
    return defer(this.options.ping).pipe(timeout({ first: ms, with: () => late }))
  }

  private lose(error: unknown): void {
    this.tell(error)
    this.state.next(true)
    const refusal = this.away()
    for (const call of this.underWay) this.giveUp(call, refusal)
    this.probe()
  }

  private probe(): void {
    this.probing = this.asked(2 * this.pingMs)
      .pipe(
        tap({ error: (error: unknown) => this.tell(error) }),
        retry({
          delay: (_error, count) => timer(pauseMs(count)),
        }),
      )
      .subscribe(() => {
        this.trouble = undefined
        this.state.next(false)
      })
  }

  private tell(error: unknown): void {
    const isNew = this.trouble === undefined || codeOf(error) !== codeOf(this.trouble)
    this.trouble = error
    if (isNew) this.options.onTrouble?.(error)
  }
}
