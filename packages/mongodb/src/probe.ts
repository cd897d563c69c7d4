import {
  MongoClient,
  type MongoClientOptions,
  MongoNetworkError,
  type ServerHeartbeatFailedEvent,
} from 'mongodb'
import { Renewal } from './renewal.js'

/** A probe without an answer for so long is made anew, in milliseconds: longer than a slow server needs to let it in. */
const answerMs = 15_000

/**
 * Asks whether the server is there, on a connection of its own: one that shared the pool would wait behind the work,
 * and a busy server would seem to be away. It fails as soon as no server of the address lets it in, and does not wait
 * as long as the driver looks for one.
 */
export class Probe {
  private readonly renewal: Renewal<MongoClient>
  /** Those that ask now, with what they do when a look at a server fails. */
  private readonly asking = new Set<(failed: ServerHeartbeatFailedEvent) => void>()
  private servers = 1

  constructor(url: string, options: MongoClientOptions) {
    this.renewal = new Renewal(() => {
      const client = new MongoClient(url, { ...options, maxPoolSize: 1, serverMonitoringMode: 'poll' })
      client.on('topologyDescriptionChanged', ({ newDescription }) => {
        this.servers = newDescription.servers.size
      })
      client.on('serverHeartbeatFailed', failed => {
        for (const tell of this.asking) tell(failed)
      })
      return client
    })
  }

  async ask(database: string): Promise<void> {
    let tell = (_: ServerHeartbeatFailedEvent): void => {}
    const unreachable = new Promise<never>((_, reject) => {
      const failed = new Set<string>()
      tell = ({ connectionId, failure }) => {
        failed.add(connectionId)
        if (failed.size >= this.servers)
          reject(new MongoNetworkError('no server lets us in', { cause: failure }))
      }
    })
    this.asking.add(tell)
    const answered = this.renewal.ask(
      () => this.renewal.client.db(database).command({ ping: 1 }, { readPreference: 'primary' }),
      answerMs,
    )
    try {
      await Promise.race([answered, unreachable])
    } finally {
      this.asking.delete(tell)
    }
  }

  close(): Promise<void> {
    return this.renewal.close()
  }
}
