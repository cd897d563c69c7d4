import type { Rejection } from '@crawl-ledger/domain'
import type { Logger } from '../open-ledger.js'

/** What a spool is doing: nothing waits; messages wait for the store; the store is back and takes them. */
export type SpoolState = 'idle' | 'spooling' | 'draining'

/** A spool that was full counts as full until this part of it is empty, so that it is not told of again and again. */
const roomAgain = 0.1

/** Tells a spool's changes of state to the log: one line for each, and none for a message. */
export class SpoolReporter {
  private state: SpoolState = 'idle'
  private since = performance.now()
  private taken = 0
  private full = false
  private failing = false
  private obstacle: string | undefined

  constructor(
    private readonly file: string,
    private readonly max: number,
    private readonly logger: Logger | undefined,
  ) {}

  /** @param messages how many wait now */
  stands(state: SpoolState, messages: number): void {
    if (messages < this.max * (1 - roomAgain)) this.full = false
    if (state === this.state) return
    const { file } = this
    if (this.state === 'idle') {
      this.since = performance.now()
      this.taken = 0
    }
    this.state = state
    this.obstacle = undefined
    if (state === 'spooling')
      this.logger?.warn({ file, messages }, 'messages wait in the spool for the store')
    if (state === 'draining')
      this.logger?.info({ file, messages }, 'the store takes the messages of the spool')
    if (state === 'idle') {
      const seconds = Math.round((performance.now() - this.since) / 10) / 100
      this.logger?.info({ file, messages: this.taken, seconds }, 'the spool is empty')
    }
  }

  /** Messages left the spool. */
  took(messages: number): void {
    this.taken += messages
  }

  isFull(messages: number): void {
    if (this.full) return
    this.full = true
    const { file, max } = this
    this.logger?.error({ file, messages, max }, 'the spool is full: messages are `unavailable`')
  }

  /** The file could not be written, or could again. */
  fails(error: unknown): void {
    if (error !== undefined && !this.failing)
      this.logger?.error({ file: this.file, error: messageOf(error) }, 'the spool cannot be written')
    this.failing = error !== undefined
  }

  refused(refused: readonly { readonly seq: number; readonly rejection: Rejection }[]): void {
    const [first] = refused
    if (first === undefined) return
    const { file } = this
    this.logger?.error(
      {
        file,
        count: refused.length,
        seqs: refused.slice(0, 20).map(({ seq }) => seq),
        first: first.rejection,
      },
      'messages of the spool were refused; they are kept apart, see ledger.spool.refused()',
    )
  }

  /** A message could not be written for a reason that is no store's. It stays and is tried again. */
  stuck(error: unknown): void {
    const obstacle = messageOf(error)
    if (obstacle !== this.obstacle)
      this.logger?.error({ file: this.file, error: obstacle }, 'a message of the spool cannot be written')
    this.obstacle = obstacle
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
