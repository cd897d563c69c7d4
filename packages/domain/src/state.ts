import type { Change, StageRow } from './counts.js'
import { comparable } from './cut.js'
import type { WorkflowStatus } from './events.js'
import { canonical, type JsonObject } from './json.js'
import { PersistentMap } from './persistent-map.js'
import { type ChosenPlan, defaultPlan, type Plan } from './plan.js'
import { noTime } from './reading.js'
import { newSubject, type SubjectState } from './subject.js'

/** Who works on a stage of an item, and until when by the store's clock, ISO. */
export interface ClaimState {
  readonly claim: string
  readonly server: string
  readonly until: string
}

/** A fact of a location: told, or carried along in a context. */
export interface KnownFact {
  readonly told: boolean
  readonly at: number
  readonly text: string
}

/** The fact that a value is, to be compared with others. Of a long text only the beginning and a fingerprint are compared. */
export const factOf = (told: boolean, at: number, value: string | JsonObject): KnownFact => ({
  told,
  at,
  text: comparable(canonical(value)),
})

/** What deciding needs to know of a workflow, and no more. Of a location's own stream only what is told of the location. */
export interface WorkflowState {
  /** As the events say; undefined before the first. */
  readonly status: WorkflowStatus | undefined
  readonly chosen: ChosenPlan | undefined
  readonly batch: SubjectState
  /** In the order in which they were found. */
  readonly items: PersistentMap<SubjectState>
  readonly locationName: KnownFact | undefined
  readonly countryCode: KnownFact | undefined
  readonly coordinates: KnownFact | undefined
  /** The earliest instant that brought each query. */
  readonly queries: PersistentMap<number>
  /** What all events together count. */
  readonly counts: WorkflowCounts
  /** The latest instant at which something was told complete. */
  readonly completedAt: number
  /** The failure that the last `WorkflowFailed` told of, as text; empty where the workflow is not failed. */
  readonly failure: string
  /** Claims that were not ended, expired ones too, by `stageKey`; undefined where one was. */
  readonly claims: PersistentMap<ClaimState | undefined>
  /** An event of 0.1 is among them, which counted otherwise: what is counted is made exact by the next message. */
  readonly isLifted: boolean
}

export interface WorkflowCounts {
  readonly found: number
  readonly finished: number
  readonly failing: number
  readonly givenUp: number
  readonly errors: number
  readonly behind: ReadonlyMap<string, number>
  readonly rows: readonly StageRow[]
  readonly types: NonNullable<Change['types']>
}

export const noCounts: WorkflowCounts = {
  found: 0,
  finished: 0,
  failing: 0,
  givenUp: 0,
  errors: 0,
  behind: new Map(),
  rows: [],
  types: {},
}

export const initialState: WorkflowState = {
  status: undefined,
  chosen: undefined,
  batch: newSubject,
  items: PersistentMap.empty(),
  locationName: undefined,
  countryCode: undefined,
  coordinates: undefined,
  queries: PersistentMap.empty(),
  counts: noCounts,
  completedAt: noTime,
  failure: '',
  claims: PersistentMap.empty(),
  isLifted: false,
}

export const planIn = ({ chosen }: Pick<WorkflowState, 'chosen'>): Plan => chosen?.plan ?? defaultPlan

/** One stage of one item. */
export const stageKey = (stage: string, itemId: string): string => JSON.stringify([stage, itemId])

export type Facts = Pick<WorkflowState, 'locationName' | 'countryCode' | 'coordinates'>
export const factNames = ['locationName', 'countryCode', 'coordinates'] as const satisfies (keyof Facts)[]

/**
 * Whether a fact of a location takes the place of what is known: told beats carried; of told the latest stays, of
 * carried the earliest; then the larger text.
 */
export const isStronger = (fact: KnownFact, known: KnownFact | undefined): boolean => {
  if (known === undefined) return true
  if (fact.told !== known.told) return fact.told
  if (fact.at !== known.at) return fact.told ? fact.at > known.at : fact.at < known.at
  return fact.text > known.text
}
