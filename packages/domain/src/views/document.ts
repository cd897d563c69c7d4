/** What a store keeps of a view: the key, and what compare-and-set compares. */
export interface ViewDocument {
  readonly _id: string
  /** The version of the projection that wrote it. */
  readonly v: number
  /** The last position of its partition that was folded into it. */
  readonly position: number
}

/** Where an event stands: what a fold may know of it besides its own data. */
export interface Place {
  readonly stream: string
  readonly position: number
  /** The version of the stream. */
  readonly version: number
  /** When the store took the commit, ISO. */
  readonly recordedAt: string
}

export interface RecordedError {
  readonly at: string
  readonly message: string
  readonly code?: string
  readonly stage?: string
  readonly mediaId?: string
  readonly fatal?: boolean
}

/** How many errors a document lists. The log has them all. */
export const errorsKept = 100

export const withError = (errors: readonly RecordedError[], error: RecordedError): readonly RecordedError[] =>
  [...errors, error].slice(-errorsKept)

/** How many stages a document counts apart; what is beyond is counted under `otherStages`. */
export const stagesKept = 100
export const otherStages = '(other stages)'

export interface StageCount {
  readonly stage: string
  readonly completed: number
  readonly errors: number
  /** The sum of `processing.durationMs`. */
  readonly durationMs: number
  /** The sum of `processing.sizeBytes`. */
  readonly sizeBytes: number
}

/** What a completed stage adds. Its `processing` comes from outside and may hold more than is counted. */
export const stageDone = (processing?: {
  readonly durationMs?: number
  readonly sizeBytes?: number
}): Omit<StageCount, 'stage' | 'errors'> => ({
  completed: 1,
  durationMs: processing?.durationMs ?? 0,
  sizeBytes: processing?.sizeBytes ?? 0,
})

/** A list and not an object by stage, for a stage may have any name, also one that a store refuses as a key. */
export const countStage = (
  counts: readonly StageCount[],
  stage: string,
  added: Partial<Omit<StageCount, 'stage'>>,
): readonly StageCount[] => {
  const known = counts.some(count => count.stage === stage)
  const name = known || counts.length < stagesKept ? stage : otherStages
  const old = counts.find(count => count.stage === name)
  const sum: StageCount = {
    stage: name,
    completed: (old?.completed ?? 0) + (added.completed ?? 0),
    errors: (old?.errors ?? 0) + (added.errors ?? 0),
    durationMs: (old?.durationMs ?? 0) + (added.durationMs ?? 0),
    sizeBytes: (old?.sizeBytes ?? 0) + (added.sizeBytes ?? 0),
  }
  return old === undefined ? [...counts, sum] : counts.map(count => (count === old ? sum : count))
}
