import * as E from 'fp-ts/lib/Either.js'
import { type Command, isCommand } from './commands.js'
import type { CrawlEvent, EventData, EventType } from './events.js'
import { nextAttempt, stageKey, type WorkflowState } from './evolve.js'
import { canonical, type Json } from './json.js'
import type { CrawlMessage, Envelope, MessageOf } from './messages.js'
import type { Rejection } from './rejection.js'
import { currentVersion } from './upcast.js'
import { claimEnded, claimed, released, renewed, resumed, retried } from './work.js'

type Fact = { [T in EventType]: { type: T; data: EventData[T] } }[EventType]

/** The envelope's fields are in the stream and the commit; the rest of a message is what it tells. */
const told = <M extends CrawlMessage>(
  message: M,
): Omit<M, 'id' | 'type' | 'batchId' | 'locationId' | 'at'> => {
  const {
    id: _id,
    type: _type,
    batchId: _batch,
    locationId: _location,
    at: _at,
    ...rest
  } = message as MessageOf<'error'>
  return rest as unknown as Omit<M, 'id' | 'type' | 'batchId' | 'locationId' | 'at'>
}

const ofLocation = new Set(['countryCode', 'geo', 'location'])

/** The fields of a description that say something new, apart for the workflow and for its location. */
const described = (state: WorkflowState, message: MessageOf<'new-batch'> | MessageOf<'location'>): Fact[] => {
  const fresh = Object.entries(told(message) as { [field: string]: Json }).filter(([field, value]) => {
    const known = Object.hasOwn(state.described, field) ? state.described[field] : undefined
    return known === undefined || canonical(known) !== canonical(value)
  })
  const workflow = fresh.filter(([field]) => !ofLocation.has(field))
  const location = fresh.filter(([field]) => ofLocation.has(field))
  const facts: Fact[] = []
  if (workflow.length > 0) facts.push({ type: 'WorkflowDescribed', data: Object.fromEntries(workflow) })
  if (location.length > 0) facts.push({ type: 'LocationDescribed', data: Object.fromEntries(location) })
  return facts
}

/** Fields that are none of a location's are not told of it. */
const ofLocationAlone = (state: WorkflowState, message: MessageOf<'location'>): Fact[] =>
  described(state, message).filter(({ type }) => type === 'LocationDescribed')

const progressed = (state: WorkflowState, progress: number | undefined, stage?: string): Fact[] =>
  progress === undefined || progress <= state.progress
    ? []
    : [{ type: 'ProgressReported', data: { progress, ...(stage === undefined ? {} : { stage }) } }]

const stageCompleted = (state: WorkflowState, message: MessageOf<'stage-complete'>): Fact[] => {
  const { progress, ...data } = told(message)
  const { stage, mediaId } = data
  const key = stageKey(stage, mediaId)
  const rise = progressed(state, progress, stage)
  if (state.done.has(key)) return rise
  const wasFailed = state.failed.has(key)
  const wasEarly = mediaId !== undefined && !state.media.has(mediaId)
  return [
    ...claimEnded(state, stage, mediaId, 'completed'),
    { type: 'StageCompleted', data: { ...data, ...own(data, { wasFailed, wasEarly }) } },
    ...rise,
  ]
}

/** Our own notes on a fact, where they are true or would be taken from what somebody else said under their names. */
const own = <N extends object>(data: object, notes: N): Partial<N> =>
  Object.fromEntries(
    Object.entries(notes).filter(([name, value]) => value !== false || name in data),
  ) as Partial<N>

const found = (state: WorkflowState, message: MessageOf<'item-found'>): Fact[] => {
  const { mediaId } = message.item
  if (state.media.has(mediaId)) return []
  const data = told(message)
  const doneBefore = state.early.get(mediaId)
  return [
    {
      type: 'MediaFound',
      data: { ...data, ...own(data, { doneBefore: doneBefore ?? false }) } as EventData['MediaFound'],
    },
  ]
}

/**
 * An error is a fact of its own each time. What is done stays done: an error that comes after the
 * completion of its stage or workflow changes neither, so that the order of arrival changes no count.
 */
const failed = (state: WorkflowState, message: MessageOf<'error'>): Fact[] => {
  const data = told(message)
  const facts: Fact[] = [{ type: 'ErrorRecorded', data }]
  const { stage, mediaId } = data
  if (stage !== undefined) {
    const key = stageKey(stage, mediaId)
    if (!state.done.has(key) && !state.failed.has(key)) {
      const attempt = nextAttempt(state, key)
      facts.push(...claimEnded(state, stage, mediaId, 'failed'), {
        type: 'StageFailed',
        data: mediaId === undefined ? { attempt, stage } : { attempt, mediaId, stage },
      })
    }
  }
  if (data.fatal === true && state.status !== 'completed' && state.status !== 'failed')
    facts.push({ type: 'WorkflowFailed', data: { reason: data.error.message } })
  return facts
}

const completed = (state: WorkflowState, message: MessageOf<'workflow-complete'>): Fact[] =>
  state.status === 'completed'
    ? []
    : [
        {
          type: 'WorkflowCompleted',
          data: { ...told(message), from: state.status === 'failed' ? 'failed' : 'active' },
        },
      ]

const reported = (state: WorkflowState, message: CrawlMessage): Fact[] => {
  switch (message.type) {
    case 'new-batch':
      return described(state, message)
    case 'location':
      return ofLocationAlone(state, message)
    case 'item-found':
      return found(state, message)
    case 'stage-complete':
      return stageCompleted(state, message)
    case 'workflow-progress': {
      const data = told(message)
      return data.progress <= state.progress ? [] : [{ type: 'ProgressReported', data }]
    }
    case 'error':
      return failed(state, message)
    case 'workflow-complete':
      return completed(state, message)
  }
}

const asked = (state: WorkflowState, id: string, command: Command): Fact[] | Rejection => {
  switch (command.type) {
    case 'claim':
      return claimed(state, id, command)
    case 'heartbeat':
      return renewed(state, command)
    case 'release':
      return released(state, command)
    case 'retry':
      return retried(state, command)
    case 'resume':
      return resumed(state, command)
  }
}

/**
 * What a message or a command means for a workflow: the events it causes, none when it says nothing new.
 * A workflow that was never started is started by whatever is reported of it first; a location's own stream never is.
 */
export const decide = (
  state: WorkflowState,
  { id, body, at }: Envelope,
): E.Either<Rejection, readonly CrawlEvent[]> => {
  const facts = isCommand(body) ? asked(state, id, body) : reported(state, body)
  if ('code' in facts) return E.left(facts)
  if (state.status === 'unknown' && body.type !== 'location' && !isCommand(body))
    facts.unshift({ type: 'WorkflowStarted', data: { implicit: body.type !== 'new-batch' } })
  return E.right(facts.map(({ type, data }) => ({ type, v: currentVersion(type), at, data }) as CrawlEvent))
}
