import type { Commit } from '@crawl-ledger/log'
import type { BenchMessage } from './stream.js'

/** A store under measurement, and the same work done on it directly with its driver. */
export interface Subject {
  readonly name: string
  /** A fresh place, as `STORE` names it. */
  fresh(): string
  /** The driver's own batched insert of these documents, with the same keys. */
  inserts(commits: readonly Commit[], batch: number): Promise<void>
  /** Upserts into the three views, as the old system did them for each message. */
  upserts(): Promise<Upserts>
  /** Reads and parses all commits of a store, and writes these documents in bulk somewhere else. */
  readAndWrite(url: string): Promise<void>
  close(): Promise<void>
}

/** A subject with its server, which ends with it. */
export interface Opened {
  readonly subject: Subject
  readonly close: () => Promise<unknown>
}

export type Open = () => Promise<Opened>

export interface Upserts {
  write(message: BenchMessage): Promise<void>
  close(): Promise<void>
}

export interface Upsert {
  readonly view: 'workflows' | 'locations' | 'media'
  readonly id: string
  readonly set: { readonly [field: string]: unknown }
  readonly count: string
}

/** What the old system wrote: new batch 2, item found 1, stage complete 2, progress 1, error 1, complete 2. */
export const upsertsOf = ({
  type,
  batchId,
  locationId,
  at,
  id: _,
  ...fields
}: BenchMessage): readonly Upsert[] => {
  const workflow = { view: 'workflows', id: `${locationId}/${batchId}` } as const
  const location = { view: 'locations', id: locationId } as const
  const item = fields.item as { mediaId: string } | undefined
  const mediaId = item?.mediaId ?? String(fields.mediaId)
  const media = { view: 'media', id: `${locationId}/${batchId}/${mediaId}` } as const
  switch (type) {
    case 'new-batch':
      return [
        { ...workflow, set: { ...fields, status: 'active', at }, count: 'messages' },
        { ...location, set: { geo: fields.geo, at }, count: 'activeWorkflows' },
      ]
    case 'item-found':
      return [{ ...media, set: { ...item, at }, count: 'messages' }]
    case 'stage-complete':
      return [
        { ...media, set: { [`stage_${fields.stage}`]: fields.processing, at }, count: 'messages' },
        { ...workflow, set: { stage: fields.stage, at }, count: 'stagesDone' },
      ]
    case 'workflow-progress':
      return [{ ...workflow, set: { progress: fields.progress, at }, count: 'messages' }]
    case 'error':
      return [{ ...workflow, set: { error: fields.error, at }, count: 'errors' }]
    default:
      return [
        { ...workflow, set: { status: 'completed', at }, count: 'messages' },
        { ...location, set: { at }, count: 'completedWorkflows' },
      ]
  }
}
