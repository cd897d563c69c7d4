import type { Commit } from '@crawl-ledger/log'
import { type WorkflowContext, WorkflowTracker } from 'crawl-ledger'
import type { BenchMessage } from './stream.js'

/** A store under measurement, and the same work done on it directly with its driver. */
export interface Subject {
  readonly name: string
  /** A fresh place, as `STORE` names it. */
  fresh(): string
  /** The driver's own batched insert of these documents, with the same keys. */
  inserts(commits: readonly Commit[], batch: number): Promise<void>
  /** Whole documents into the three collections, as the services wrote them for each message. */
  direct(): Promise<Direct>
  /** Reads and parses all commits of a store, and writes these documents in bulk somewhere else. */
  readAndWrite(url: string): Promise<void>
  /** How many bytes the log of a store takes: its rows or documents, without indexes. */
  logBytes(url: string): Promise<number>
  close(): Promise<void>
}

/** A subject with its server, which ends with it. */
export interface Opened {
  readonly subject: Subject
  readonly close: () => Promise<unknown>
}

export type Open = () => Promise<Opened>

/** Writes as the services made them: one after the other, each awaited. */
export interface Direct {
  write(message: BenchMessage): Promise<void>
  close(): Promise<void>
}

/** What each collection is keyed by, and what its documents are looked for by. */
export const collections = {
  workflows: { key: 'batchId', indexes: ['batchId', 'locationId', 'status'] },
  locations: { key: 'locationId', indexes: ['locationId', 'countryCode'] },
  media: { key: 'itemId', indexes: ['itemId', 'locationId', 'batchId'] },
} as const

export interface WholeDocument {
  readonly into: keyof typeof collections
  readonly id: string
  readonly document: { readonly [field: string]: unknown }
}

const workflowOf = (context: WorkflowContext): WholeDocument => {
  const { batchId, locationId, stage, timestamp } = context
  const at = new Date(timestamp)
  const document = {
    batchId,
    locationId,
    status: 'active',
    currentStage: stage,
    createdAt: at,
    updatedAt: at,
    context,
  }
  return { into: 'workflows', id: batchId, document }
}

const locationOf = ({
  locationId,
  locationName,
  countryCode,
  timestamp,
  metadata,
}: WorkflowContext): WholeDocument => {
  const { inputQueries: queries, coordinates } = metadata
  const at = new Date(timestamp)
  const document = {
    locationId,
    locationName,
    countryCode,
    createdAt: at,
    updatedAt: at,
    metadata: { queries, coordinates },
  }
  return { into: 'locations', id: locationId, document }
}

/** Of an item's context only. */
const mediaOf = (context: WorkflowContext): readonly WholeDocument[] => {
  const { itemId, itemUrl, itemType, locationId, batchId, timestamp, metadata } = context
  if (itemId === undefined) return []
  const { duration, size } = (metadata.mediaInfo ?? {}) as {
    readonly duration?: number
    readonly size?: number
  }
  const kept = { duration, size, analysisResults: metadata.analysisResults }
  const document = {
    itemId,
    itemUrl,
    itemType,
    locationId,
    batchId,
    processedAt: new Date(timestamp),
    metadata: kept,
  }
  return [{ into: 'media', id: itemId, document }]
}

/** What the services wrote: new batch 2, item found 1, stage complete 2 with an item else 1, progress 1, error 1, complete 2. */
export const writesOf = ({ type, context, payload }: BenchMessage): readonly WholeDocument[] => {
  switch (type) {
    case 'new_batch':
      return [workflowOf(context), locationOf(context)]
    case 'item_found': {
      const found = payload as { readonly itemUrl: string; readonly itemType: 'image' }
      return [workflowOf(WorkflowTracker.createItemContext(context, found, context.timestamp))]
    }
    case 'stage_complete': {
      const results = payload.results as { readonly [key: string]: unknown }
      const done = WorkflowTracker.completeStage(context, results, context.timestamp)
      return [workflowOf(done), ...mediaOf(done)]
    }
    case 'workflow_progress':
      return [workflowOf(context)]
    case 'error':
      return [workflowOf(WorkflowTracker.addError(context, String(payload.error), context.timestamp))]
    case 'workflow_complete':
      return [workflowOf(context), ...mediaOf(context)]
  }
}
