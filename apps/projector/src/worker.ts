import { crawl } from '@crawl-ledger/domain'
import type { Store } from '@crawl-ledger/log'
import { within } from '@crawl-ledger/process'
import {
  Projector,
  type ProjectorMeter,
  type ProjectorStatus,
  RebuildNeeded,
  Tenure,
} from '@crawl-ledger/projector'
import type { Logger, Settings } from 'crawl-ledger'
import { filter, firstValueFrom, from, merge, type Observable } from 'rxjs'
import { outdatedViews, rebuilding } from './rebuilding.js'
import { sparing } from './sparing.js'

export type WorkerState = 'starting' | 'running' | 'waiting' | 'rebuilding' | 'stopped' | 'failed'

export interface WorkerOptions extends Pick<Settings, 'leaseMs' | 'rebuild'> {
  /** This worker's name, which no other may have. */
  readonly name: string
  readonly logger: Logger
  readonly meter?: ProjectorMeter
}

const lookAgainMs = 1000

/** A store that is away must not keep a worker from ending. */
const givingBackMs = 3000

/**
 * The life of a worker: it holds a share of the partitions and folds them. Where it is newer than the views it ends or,
 * if it is allowed to, builds them anew; meanwhile it holds no partition, so that older workers keep the views fresh.
 */
export class Worker {
  private now: WorkerState = 'starting'
  private tenure: Tenure | undefined
  private readonly halt = new AbortController()
  private readonly halted: Promise<void>
  private living: Promise<void> = Promise.resolve()
  private obstacle = ''
  private readonly says = sparing()

  constructor(
    private readonly store: Store,
    private readonly options: WorkerOptions,
  ) {
    this.halted = new Promise(resolve => this.halt.signal.addEventListener('abort', () => resolve()))
  }

  get name(): string {
    return this.options.name
  }

  get state(): WorkerState {
    return this.now
  }

  get partitions(): ReadonlySet<number> {
    return this.tenure?.now ?? new Set()
  }

  /** Works. Resolves when it was stopped, and rejects with what it cannot go on from. */
  run(): Promise<void> {
    this.living = this.live()
    return this.living
  }

  /** Ends the batch in hand and gives the partitions back. Resolves then, also where it had failed. */
  async stop(): Promise<void> {
    this.halt.abort()
    await this.living.catch(() => {})
  }

  private get stopping(): boolean {
    return this.halt.signal.aborted
  }

  private async live(): Promise<void> {
    try {
      while (!this.stopping) {
        const outdated = await outdatedViews(this.store)
        if (outdated === undefined) await this.project()
        else if (this.options.rebuild === 'auto') await this.rebuild()
        else throw new RebuildNeeded(crawl.name, outdated.version, crawl.version)
      }
      this.enter('stopped')
    } catch (error) {
      this.enter('failed')
      throw error
    }
  }

  /** Folds its share until it is stopped or the views turn out to be of another version. */
  private async project(): Promise<void> {
    const { name, leaseMs, logger, meter } = this.options
    const { log, leases } = this.store
    const tenure = new Tenure(leases, {
      projection: crawl.name,
      worker: name,
      partitions: log.partitions,
      leaseMs,
      onError: error => this.leasesFail(messageOf(error)),
    })
    this.tenure = tenure
    tenure.changes.subscribe(partitions =>
      logger.info({ partitions: [...partitions].sort((a, b) => a - b) }, 'partitions changed'),
    )
    const projector = new Projector(this.store, {
      projection: crawl,
      partitions: () => tenure.now,
      signal: tenure.changes,
      onStopped: ({ partition, position, error }) =>
        logger.error({ partition, position, error: error.message }, 'projecting has stopped a partition'),
      ...(meter === undefined ? {} : { meter }),
    })
    projector.status.subscribe(status => this.tell(status))
    const failure = await this.failureOf(projector.status)
    // Leases are given back when nothing is under way any more: who takes them then meets nobody.
    await projector.stop()
    await within(givingBackMs, tenure.stop()).catch(error =>
      logger.warn(
        { error: messageOf(error) },
        'the partitions could not be given back; their leases run out',
      ),
    )
    this.tenure = undefined
    if (failure !== undefined && !(failure instanceof RebuildNeeded)) throw failure
  }

  private leasesFail(error: string): void {
    if (this.says(error)) this.options.logger.warn({ error }, 'the leases could not be renewed')
  }

  /** What a projector fails with; undefined when the worker is told to stop before. */
  private async failureOf(statuses: Observable<ProjectorStatus>): Promise<Error | undefined> {
    const failed = statuses.pipe(filter(({ state }) => state === 'failed'))
    const first = await firstValueFrom(merge(failed, from(this.halted)))
    return first?.state === 'failed' ? first.error : undefined
  }

  private async rebuild(): Promise<void> {
    const { name: worker, logger } = this.options
    this.enter('rebuilding')
    const end = await rebuilding(this.store, { worker, logger, signal: this.halt.signal })
    if (!(end instanceof Error)) return
    if (end.message !== this.obstacle) logger.info({ reason: end.message }, 'the rebuild waits')
    this.obstacle = end.message
    await Promise.race([this.halted, new Promise(resolve => setTimeout(resolve, lookAgainMs))])
  }

  private tell(status: ProjectorStatus): void {
    const { logger } = this.options
    if (status.state === 'waiting') {
      if (this.enter('waiting'))
        logger.warn({ error: messageOf(status.error) }, 'projecting waits for the store')
    } else if (status.state === 'running') {
      if (this.enter('running')) logger.info({}, 'projecting')
    }
  }

  /** Whether it was in another state before. */
  private enter(state: WorkerState): boolean {
    const isNew = state !== this.now
    this.now = state
    return isNew
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
