import {
  type MongoClient,
  MongoError,
  MongoNotConnectedError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb'

/** A question that had no answer in time. */
class NoAnswer extends MongoError {
  override get name(): string {
    return 'NoAnswer'
  }
}

/** Errors after which only a new connection tells whether the server is there. */
const isLost = (error: unknown): boolean =>
  error instanceof NoAnswer ||
  error instanceof MongoServerSelectionError ||
  error instanceof MongoTopologyClosedError ||
  error instanceof MongoNotConnectedError

/** How long the end of a client is waited for. */
const closeMs = 5000

const inTime = <A>(work: Promise<A>, ms: number): Promise<A> => {
  if (ms === Number.POSITIVE_INFINITY) return work
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NoAnswer(`no answer within ${ms} ms`)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Ends a client. To close is to tell the server of our sessions, for which the driver may wait without end, too. */
const end = (client: Pick<MongoClient, 'close'>): Promise<void> =>
  inTime(client.close(), closeMs).catch((error: unknown) => {
    if (!(error instanceof MongoError)) throw error
  })

/**
 * A client that finds no server, or has no answer, is replaced by a new one. What the driver writes to a socket that was
 * closed a moment ago it waits for without end: a command loses its place in the pool, the look-out for the server never
 * sees that it is back, and a client that was connecting stays so, whoever asks it to connect again.
 */
export class Renewal<C extends Pick<MongoClient, 'close'>> {
  private current: C
  private closed = false

  constructor(private readonly make: () => C) {
    this.current = make()
  }

  get client(): C {
    return this.current
  }

  /** Rejects when there is no answer within `ms` milliseconds, and once it is closed: a client that is asked would connect again. */
  async ask<A>(work: () => Promise<A>, ms: number): Promise<A> {
    if (this.closed) throw new MongoTopologyClosedError('the store was closed')
    const asked = this.current
    try {
      return await inTime(work(), ms)
    } catch (error) {
      // Of all that lose one client the first replaces it.
      if (isLost(error) && !this.closed && this.current === asked) this.renew()
      throw error
    }
  }

  async close(): Promise<void> {
    this.closed = true
    await end(this.current)
  }

  private renew(): void {
    const lost = this.current
    this.current = this.make()
    // Nobody waits for it: what it still holds is told to whoever asked for it.
    void end(lost).catch(() => {})
  }
}
