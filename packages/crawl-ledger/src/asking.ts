import { randomUUID } from 'node:crypto'
import {
  type Command,
  type CrawlEvent,
  commandEnvelope,
  type Rejection,
  streamOf,
} from '@crawl-ledger/domain'
import { type Log, partitionOf, readEvents, reading, StoreUnavailable, type Writer } from '@crawl-ledger/log'
import type { Handling } from './telemetry/handling.js'

export interface Question {
  readonly command: Command
  /** When it is asked, ISO. */
  readonly at: string
  /** The version of the workflow that it goes by. */
  readonly expected?: number
}

export interface Answer {
  /** What it caused, in order; nothing where it changed nothing. */
  readonly events: readonly CrawlEvent[]
  /** Where that is in the log; 0 where it changed nothing. */
  readonly position: number
  readonly rejection?: Rejection
}

/** The name that a commit keeps of what asked for it. */
const handlerOf = {
  claim: 'work.claim',
  heartbeat: 'work.heartbeat',
  release: 'work.release',
  retry: 'recovery.retryFailedStages',
  resume: 'recovery.resume',
} as const satisfies { [T in Command['type']]: string }

/** Gives commands to the writer and tells what became of them. */
export class Asking {
  constructor(
    private readonly store: string,
    private readonly log: Log,
    private readonly writer: Writer,
    private readonly handling: Handling,
  ) {}

  /** The store's time, ISO. */
  now(): Promise<string> {
    return this.log.now()
  }

  /** Rejects with `StoreUnavailable` when the store is away: then nothing is known of it, and it may have happened. */
  async ask({ command, at, expected }: Question): Promise<Answer> {
    const id = randomUUID()
    const envelope = commandEnvelope(command, id, at)
    const receipt = await this.handling(recognised =>
      this.writer.write(streamOf(command), {
        envelope,
        handler: handlerOf[command.type],
        ...(expected === undefined ? {} : { expected }),
        ...recognised(envelope),
      }),
    )
    switch (receipt.outcome) {
      case 'recorded':
      case 'duplicate':
        return {
          events: await this.eventsOf(command.locationId, receipt.position, id),
          position: receipt.position,
        }
      case 'rejected':
        return { events: [], position: 0, rejection: receipt.rejection }
      case 'unavailable':
        throw new StoreUnavailable(this.store, undefined)
      default:
        return { events: [], position: 0 }
    }
  }

  /** From the log: an answer that was lost on its way is asked for again, and must be the same. */
  private async eventsOf(locationId: string, position: number, id: string): Promise<readonly CrawlEvent[]> {
    const partition = partitionOf(locationId, this.log.partitions)
    const [commit] = await this.log.read(new Map([[partition, position - 1]]), 1)
    if (commit?.position !== position) return []
    return reading(commit, ({ events, messages }) =>
      events.filter(({ message }) => messages[message]?.id === id).flatMap(readEvents),
    )
  }
}
