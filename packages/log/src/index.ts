export type { Builds, NextBuild, ProjectionRecord } from './build-port.js'
export {
  type Commit,
  type CommitMessage,
  commitId,
  type Draft,
  isIntact,
  isVoid,
  placeIn,
  runningDigest,
  type Seal,
  sealer,
  voidCommit,
} from './commit.js'
export {
  asError,
  CommitMisplaced,
  type CommitPlace,
  CommitUnreadable,
  type Found,
  foundAt,
  isReadable,
  isUnreadable,
  readable,
  reading,
} from './commit-unreadable.js'
export {
  auditMark,
  checkLedger,
  DocumentsRefused,
  LedgerClosed,
  LedgerMismatch,
  type LedgerRecord,
  ledgerFormat,
  NoLedger,
  PlaceTaken,
  type RefusedDocument,
  StoreAway,
  StoreError,
  StoreForbidden,
  StoreLost,
  StoreRefuses,
  StoreUnavailable,
  StoreUnusable,
} from './errors.js'
export { eventsOf, readEvents } from './history.js'
export type { Lease, Leases } from './lease-port.js'
export { defaultPartitions, fnv1a32, partitionOf } from './partition.js'
export type { Incoming } from './plan.js'
export type { KnownMessage, Landing, Log, Positions, Store, StreamEnd } from './ports.js'
export { prefixEnd } from './prefix.js'
export { Reader, type ReaderOptions } from './reader.js'
export type { Receipt } from './receipt.js'
export {
  carried,
  errorType,
  failed,
  inSpan,
  meter,
  remote,
  secondsBounds,
  type TraceContext,
  tracer,
  untraced,
} from './telemetry.js'
export {
  type Checkpoint,
  type Discarded,
  type DocumentWrite,
  type FieldFilter,
  type Fold,
  type HeldDocument,
  indexedFields,
  type ViewPage,
  type ViewStore,
} from './view-port.js'
export { Writer, type WriterOptions } from './writer.js'
