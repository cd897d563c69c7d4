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

const closeMs = 5000

const inTime = <A>(work: Promise<A>, ms: number): Promise<A> => {
  if (ms === Number.POSITIVE_INFINITY) return work
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NoAnswer(`no answer within ${ms} ms`)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/**
 * A client that finds no server, or has no answer, is connected anew. What the driver writes to a socket that was
 * closed a moment ago it waits for without end. Where that is its own look-out for the server, it never sees that the
 * server is back; where it is a command, its place in the pool is lost.
 */
export class Renewal {
  private renewing: Promise<void> | undefined
  private closed = false

  constructor(private readonly client: Pick<MongoClient, 'connect' | 'close'>) {}

  /** Rejects when there is no answer within `ms` milliseconds. */
  async ask<A>(work: () => Promise<A>, ms: number): Promise<A> {
    const end = performance.now() + ms
    try {
      await inTime(this.renewing ?? Promise.resolve(), ms)
      return await inTime(work(), end - performance.now())
    } catch (error) {
      if (isLost(error)) this.renew()
      throw error
    }
  }

  async close(): Promise<void> {
    this.closed = true
    await this.client.close()
  }

  private renew(): void {
    if (this.renewing !== undefined || this.closed) return
    this.renewing = this.reconnect().finally(() => {
      this.renewing = undefined
    })
    // Whoever asks next is told.
    this.renewing.catch(() => {})
  }

  private async reconnect(): Promise<void> {
    // To close is to tell the server of our sessions, for which the driver may wait without end, too.
    await inTime(this.client.close(), closeMs).catch((error: unknown) => {
      if (!(error instanceof NoAnswer)) throw error
    })
    if (!this.closed) await this.client.connect()
    if (this.closed) await this.client.close()
  }
}
