import { type CrawlEvent, defaultPlan, Id, sha256, type WorkflowDocument } from '@crawl-ledger/domain'
import { CommitUnreadable, type Receipt, type ViewStore } from '@crawl-ledger/log'
import { activeWorkflows } from '../active-workflows.js'
import type { Answer, Asking } from '../asking.js'
import { ConfigurationError } from '../errors.js'
import type { Handle, WorkflowRef } from '../ledger.js'
import { Candidates } from './candidates.js'

/** One stage of one item that this server has to itself until the claim expires. */
export interface Claim extends WorkflowRef {
  readonly id: string
  readonly itemId: string
  readonly stage: string
  readonly server: string
  /** When it expires, by the store's clock, ISO. */
  readonly until: string
  /** 1 for the first attempt at this stage, one more for each failure before. */
  readonly attempt: number
}

/** How much there is to do in one stage, of all workflows that run. */
export interface StageDepth {
  readonly stage: string
  /** Nobody works on it. */
  readonly open: number
  /** Claimed, by living servers or dead ones. */
  readonly claimed: number
  /** Waits for `recovery.retryFailedStages`. */
  readonly failed: number
}

export interface Work {
  /**
   * Takes up to `max` (1 to 1000, default 1) open items of a stage, of one location after the other. An item is open in a
   * stage when it is found, when the item stages of its plan before this one are done, and when this one is
   * neither done, failed nor claimed. May be empty: ask again later. Rejects with a `StoreError`; with a
   * `CommitUnreadable` where a workflow cannot be read and no other has anything open.
   */
  claim(options: {
    readonly stage: string
    /** Default: the name of this process. */
    readonly server?: string
    /** For how long nobody else gets it, in milliseconds: 100 to 86,400,000, default 60,000. */
    readonly leaseMs?: number
    readonly max?: number
  }): Promise<readonly Claim[]>
  /** Moves the end of a claim, counted from now. undefined: another server has it, or it is over. Rejects with a `StoreError`. */
  heartbeat(claim: Claim, options?: { readonly leaseMs?: number }): Promise<Claim | undefined>
  /**
   * Reports the stage done, with its results. The receipt is as that of `handleStageComplete`.
   * What is reported after the claim expired, or after another server was first, is a fact all the same, and counts once.
   */
  complete(claim: Claim, results?: { readonly [key: string]: unknown }): Promise<Receipt>
  /** Gives an item back. false: it was not this claim's any more. Rejects with a `StoreError`. */
  release(claim: Claim): Promise<boolean>
  /** What there is to do, by stage, from the views: what a number of servers is chosen by. Rejects with a `StoreError`. */
  depth(): Promise<readonly StageDepth[]>
}

const whole = (name: string, value: number, low: number, high: number): number => {
  if (Number.isInteger(value) && value >= low && value <= high) return value
  throw new ConfigurationError(name, `it must be a whole number from ${low} to ${high}, and not ${value}.`)
}

const leaseOf = (leaseMs = 60_000): number => whole('leaseMs', leaseMs, 100, 86_400_000)

type Claimed = Extract<CrawlEvent, { type: 'StageClaimed' }>

const claimOf = ({ data }: Claimed, { locationId, batchId }: WorkflowRef): Claim => {
  const { claim: id, stage, itemId, server, until, attempt } = data
  return { id, locationId, batchId, itemId, stage, server, until, attempt }
}

const isClaimed = (event: CrawlEvent): event is Claimed => event.type === 'StageClaimed'

/** How many items may be in each stage: those that have the stage before it behind them. */
const depthsOf = ({ _plan, _behind, items, stages }: WorkflowDocument): readonly StageDepth[] => {
  const { item } = _plan ?? defaultPlan
  const behind = (stage: string): number => _behind.find(row => row.stage === stage)?.items ?? 0
  return item.map((stage, i) => {
    const { failing = 0, claimed = 0 } = stages.find(row => row.stage === stage) ?? {}
    const before = item[i - 1]
    const arrived = before === undefined ? items.found : behind(before)
    const open = Math.max(0, arrived - behind(stage) - failing - claimed)
    return { stage, open, claimed, failed: failing }
  })
}

export interface WorkParts {
  readonly views: ViewStore
  readonly asking: Asking
  readonly handle: Handle
  readonly server: string
}

export const makeWork = ({ views, asking, handle, server: self }: WorkParts): Work => {
  const candidates = new Candidates(views)
  return {
    claim: async ({ stage, server = self, leaseMs, max = 1 }) => {
      if (!Id.is(stage)) throw new ConfigurationError('stage', `it must be ${Id.name}.`)
      const lease = leaseOf(leaseMs)
      whole('max', max, 1, 1000)
      const claims: Claim[] = []
      let unreadable: CommitUnreadable | undefined
      for (const workflow of await candidates.of(stage)) {
        const { locationId, batchId } = workflow
        const now = await asking.now()
        const most = max - claims.length
        const command = {
          type: 'claim',
          locationId,
          batchId,
          stage,
          server,
          most,
          leaseMs: lease,
          now,
        } as const
        const { events } = await asking.ask({ command, at: now }).catch((error: unknown): Answer => {
          if (!(error instanceof CommitUnreadable)) throw error
          unreadable ??= error
          return { events: [], position: 0 }
        })
        const taken = events.filter(isClaimed).map(event => claimOf(event, workflow))
        if (taken.length === 0) candidates.gaveNothing(workflow, stage)
        else candidates.gave(workflow)
        claims.push(...taken)
        if (claims.length >= max) break
      }
      // Where others had something to do, that comes first.
      if (claims.length === 0 && unreadable !== undefined) throw unreadable
      return claims
    },
    heartbeat: async (claim, { leaseMs } = {}) => {
      const { locationId, batchId, stage, itemId, server, id } = claim
      const now = await asking.now()
      const command = {
        type: 'heartbeat',
        locationId,
        batchId,
        stage,
        itemId,
        server,
        claim: id,
        leaseMs: leaseOf(leaseMs),
        now,
      } as const
      const { events } = await asking.ask({ command, at: now })
      const held = events.find(isClaimed)
      return held === undefined ? undefined : claimOf(held, claim)
    },
    complete: async ({ id, locationId, batchId, itemId, stage }, results = {}) => {
      const timestamp = new Date().toISOString()
      const context = { locationId, batchId, itemId, stage, timestamp, completedStages: [], metadata: {} }
      const options = { id: `done-${sha256(`${id}/${stage}/${itemId}`)}` }
      return handle({ type: 'stage_complete', context, payload: { results } }, options)
    },
    release: async ({ id, locationId, batchId, itemId, stage, server }) => {
      const command = { type: 'release', locationId, batchId, stage, itemId, server, claim: id } as const
      const { events } = await asking.ask({ command, at: await asking.now() })
      return events.length > 0
    },
    depth: async () => {
      const sums = new Map<string, StageDepth>()
      for await (const workflow of activeWorkflows(views))
        for (const { stage, open, claimed, failed } of depthsOf(workflow)) {
          const sum = sums.get(stage) ?? { stage, open: 0, claimed: 0, failed: 0 }
          sums.set(stage, {
            stage,
            open: sum.open + open,
            claimed: sum.claimed + claimed,
            failed: sum.failed + failed,
          })
        }
      return [...sums.values()].sort((a, b) => (a.stage < b.stage ? -1 : 1))
    },
  }
}
