import type { Command } from './commands.js'
import { failingStages, failuresOf, isFinished } from './contribution.js'
import type { EventData } from './events.js'
import type { Plan } from './plan.js'
import type { Recorder } from './recorder.js'
import { type Rejection, rejection } from './rejection.js'
import { planIn, stageKey } from './state.js'
import type { SubjectState } from './subject.js'

export const leaseEnd = (now: string, leaseMs: number): string =>
  new Date(Date.parse(now) + leaseMs).toISOString()

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** Ends the claim on a stage of an item, if there is one. */
const release = (
  recorder: Recorder,
  stage: string,
  itemId: string,
  because: EventData['StageReleased']['because'],
): void => {
  const held = recorder.state.claims.get(stageKey(stage, itemId))
  if (held === undefined) return
  const { claim, server } = held
  recorder.record({ type: 'StageReleased', data: { because, claim, itemId, server, stage } })
}

/** Ends the claims on an item whose stages are done or failing now. */
export const endClaims = (recorder: Recorder, itemId: string): void => {
  if (recorder.state.claims.size === 0) return
  const item = recorder.subject(itemId)
  const plan = planIn(recorder.state)
  const failing = failingStages(item, plan, true)
  for (const stage of plan.item)
    if (isFinished(item, plan) || item.stages.has(stage)) release(recorder, stage, itemId, 'completed')
    else if (failing.has(stage)) release(recorder, stage, itemId, 'failed')
}

const attemptOf = (item: SubjectState, stage: string): number => failuresOf(item, stage) + 1

/** The item stages that must be done before this one; undefined for one that is none of the plan's. */
export const stagesBefore = ({ item }: Plan, stage: string): readonly string[] | undefined => {
  const at = item.indexOf(stage)
  return at < 0 ? undefined : item.slice(0, at)
}

const isOpen = (item: SubjectState, plan: Plan, stage: string, before: readonly string[]): boolean =>
  !item.stages.has(stage) &&
  !isFinished(item, plan) &&
  before.every(one => item.stages.has(one)) &&
  !failingStages(item, plan, true).has(stage)

/** Open items in the order in which they were found. A claim that has expired is open, and its end is told first. */
const claim = (recorder: Recorder, id: string, command: Of<'claim'>): void => {
  const { stage, most, server, now, leaseMs } = command
  const plan = planIn(recorder.state)
  const before = stagesBefore(plan, stage)
  if (before === undefined || recorder.state.status !== 'active') return
  const open: (readonly [string, SubjectState])[] = []
  for (const [itemId, item] of recorder.state.items) {
    if (open.length === most) break
    if (!isOpen(item, plan, stage, before)) continue
    const held = recorder.state.claims.get(stageKey(stage, itemId))
    if (held === undefined || held.until <= now) open.push([itemId, item])
  }
  const until = leaseEnd(now, leaseMs)
  for (const [itemId, item] of open) {
    release(recorder, stage, itemId, 'expired')
    const attempt = attemptOf(item, stage)
    recorder.record({
      type: 'StageClaimed',
      data: { attempt, claim: id, itemId, renewed: false, server, stage, until },
    })
  }
}

const isHeld = (recorder: Recorder, { stage, itemId, claim }: Of<'heartbeat'> | Of<'release'>): boolean =>
  recorder.state.claims.get(stageKey(stage, itemId))?.claim === claim

/** A claim holds on as long as nobody else took it, expired or not. */
const renew = (recorder: Recorder, command: Of<'heartbeat'>): void => {
  if (!isHeld(recorder, command)) return
  const { stage, itemId, claim, server, now, leaseMs } = command
  const until = leaseEnd(now, leaseMs)
  const attempt = attemptOf(recorder.subject(itemId), stage)
  const data = { attempt, claim, itemId, renewed: true, server, stage, until }
  recorder.record({ type: 'StageClaimed', data })
}

const retry = (recorder: Recorder, { stages, server }: Of<'retry'>): void => {
  const { state } = recorder
  const plan = planIn(state)
  const retried = (subject: SubjectState, itemId?: string): EventData['StageRetried'][] =>
    [...failingStages(subject, plan, itemId !== undefined)]
      .filter(stage => stages === undefined || stages.includes(stage))
      .map(stage => ({
        attempt: attemptOf(subject, stage),
        ...(itemId === undefined ? {} : { itemId }),
        server,
        stage,
      }))
  const all = [
    ...retried(state.batch),
    ...[...state.items].flatMap(([itemId, item]) => retried(item, itemId)),
  ]
  for (const data of all) recorder.record({ type: 'StageRetried', data })
}

const resume = (recorder: Recorder, { server }: Of<'resume'>): Rejection | undefined => {
  const { status } = recorder.state
  if (status !== 'active' && status !== 'failed') {
    const what = status === undefined ? 'not known' : status
    return rejection('not-running', `The workflow is ${what}: there is nothing to resume.`)
  }
  recorder.record({ type: 'WorkflowResumed', data: { from: status, server } })
  return undefined
}

/** What a command causes; a rejection where it cannot be done. */
export const decideCommand = (recorder: Recorder, id: string, command: Command): Rejection | undefined => {
  switch (command.type) {
    case 'claim':
      claim(recorder, id, command)
      return undefined
    case 'heartbeat':
      renew(recorder, command)
      return undefined
    case 'release':
      if (isHeld(recorder, command)) release(recorder, command.stage, command.itemId, 'released')
      return undefined
    case 'retry':
      retry(recorder, command)
      return undefined
    case 'resume':
      return resume(recorder, command)
  }
}
