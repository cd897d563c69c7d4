import type { Command } from './commands.js'
import type { EventData } from './events.js'
import { nextAttempt, stageKey, type WorkflowState } from './evolve.js'
import { type Rejection, rejection } from './rejection.js'

/**
 * The stages that an item must have behind it before this one, by the order in which the new batch listed them;
 * undefined where it listed others only. Where it listed none, any stage of any item is open from the beginning.
 */
export const stagesBefore = (listed: unknown, stage: string): readonly string[] | undefined => {
  if (!Array.isArray(listed) || listed.length === 0) return []
  const place = listed.indexOf(stage)
  return place < 0 ? undefined : (listed.slice(0, place) as string[])
}

export const leaseEnd = (now: string, leaseMs: number): string =>
  new Date(Date.parse(now) + leaseMs).toISOString()

type Of<T extends Command['type']> = Extract<Command, { type: T }>
type Work =
  | { readonly type: 'StageClaimed'; readonly data: EventData['StageClaimed'] }
  | { readonly type: 'StageReleased'; readonly data: EventData['StageReleased'] }
  | { readonly type: 'StageRetried'; readonly data: EventData['StageRetried'] }
  | { readonly type: 'WorkflowResumed'; readonly data: EventData['WorkflowResumed'] }

/** The end of the claim on a stage of an item, if there is one. */
export const claimEnded = (
  state: WorkflowState,
  stage: string,
  mediaId: string | undefined,
  because: EventData['StageReleased']['because'],
): Work[] => {
  const held = state.claims.get(stageKey(stage, mediaId))
  if (held === undefined || mediaId === undefined) return []
  const { claim, server } = held
  return [{ type: 'StageReleased', data: { because, claim, mediaId, server, stage } }]
}

/** Open items in the order in which they were found. A claim that has expired is open, and its end is told first. */
export const claimed = (state: WorkflowState, id: string, command: Of<'claim'>): Work[] => {
  const { stage, most, server, now, leaseMs } = command
  const before = stagesBefore(state.described.stages, stage)
  if (before === undefined || state.status !== 'active') return []
  const facts: Work[] = []
  let left = most
  for (const mediaId of state.media) {
    if (left === 0) break
    const key = stageKey(stage, mediaId)
    const held = state.claims.get(key)
    if (state.done.has(key) || state.failed.has(key) || (held !== undefined && held.until > now)) continue
    if (!before.every(one => state.done.has(stageKey(one, mediaId)))) continue
    facts.push(...claimEnded(state, stage, mediaId, 'expired'), {
      type: 'StageClaimed',
      data: {
        attempt: nextAttempt(state, key),
        claim: id,
        mediaId,
        renewed: false,
        server,
        stage,
        until: leaseEnd(now, leaseMs),
      },
    })
    left -= 1
  }
  return facts
}

/** A claim holds on as long as nobody else took it, expired or not. */
export const renewed = (state: WorkflowState, command: Of<'heartbeat'>): Work[] => {
  const { stage, mediaId, claim, server, now, leaseMs } = command
  const key = stageKey(stage, mediaId)
  if (state.claims.get(key)?.claim !== claim) return []
  const until = leaseEnd(now, leaseMs)
  const attempt = nextAttempt(state, key)
  return [{ type: 'StageClaimed', data: { attempt, claim, mediaId, renewed: true, server, stage, until } }]
}

export const released = (state: WorkflowState, { stage, mediaId, claim }: Of<'release'>): Work[] =>
  state.claims.get(stageKey(stage, mediaId))?.claim === claim
    ? claimEnded(state, stage, mediaId, 'released')
    : []

export const retried = (state: WorkflowState, { stages, server }: Of<'retry'>): Work[] => {
  const facts = [...state.failed].flatMap((key): Work[] => {
    const slash = key.indexOf('/')
    const stage = key.slice(0, slash)
    const mediaId = key.slice(slash + 1)
    if (stages !== undefined && !stages.includes(stage)) return []
    const attempt = nextAttempt(state, key)
    return [
      { type: 'StageRetried', data: { attempt, ...(mediaId === '' ? {} : { mediaId }), server, stage } },
    ]
  })
  // Nobody could claim what is open in a workflow that is over.
  const isOver = state.status === 'failed' || state.status === 'completed'
  return isOver && facts.length > 0
    ? [{ type: 'WorkflowResumed', data: { from: state.status, server } }, ...facts]
    : facts
}

export const resumed = (state: WorkflowState, { server }: Of<'resume'>): Work[] | Rejection =>
  state.status === 'active' || state.status === 'failed'
    ? [{ type: 'WorkflowResumed', data: { from: state.status, server } }]
    : rejection('not-running', `The workflow is ${state.status}: there is nothing to resume.`)
