export {
  type ContextError,
  type ContextMetadata,
  type CrawlEvent,
  defaultPlan,
  type EventType,
  type FailingStage,
  type ItemType,
  itemIdOf,
  type LocationDocument,
  type MediaDocument,
  type MessageType,
  type Plan,
  type Rejection,
  type RejectionCode,
  type WorkflowContext,
  type WorkflowDocument,
  type WorkflowProgress,
  WorkflowTracker,
} from '@crawl-ledger/domain'
export {
  CommitUnreadable,
  DocumentsRefused,
  LedgerClosed,
  LedgerMismatch,
  NoLedger,
  type Receipt,
  StoreAway,
  StoreError,
  StoreForbidden,
  StoreLost,
  StoreRefuses,
  StoreUnavailable,
  StoreUnusable,
} from '@crawl-ledger/log'
export { exportArchive, importArchive } from './archive/archive.js'
export { bytesOf, keptInFile, writeFileOf, writeLines } from './archive/files.js'
export type { Imported } from './archive/import-log.js'
export { ConfigurationError, NotCaughtUp, PartitionStopped } from './errors.js'
export { explain } from './explain.js'
export { followedEvents } from './followed-events.js'
export type {
  Analytics,
  ErrorPayload,
  Handle,
  Handlers,
  ItemFoundPayload,
  Lag,
  Ledger,
  LedgerSpool,
  MessageOptions,
  NewBatchPayload,
  Page,
  RecordedEvent,
  SpoolStatus,
  StageCompletePayload,
  View,
  WorkflowRef,
} from './ledger.js'
export type { ImportResult } from './old-collections/import-collections.js'
export { importOldCollections } from './old-collections/import-old-collections.js'
export { type LedgerOptions, type Logger, openLedger } from './open-ledger.js'
export type { RecoveredItem, RecoveredWorkflow } from './recovery/recovered.js'
export type { Interrupted, Recovery, RetriedStage } from './recovery/recovery.js'
export { type LogLevel, readSettings, type SettingName, type Settings } from './settings.js'
export type { SpoolState } from './spool/reporter.js'
export type { RefusedMessage } from './spool/spool-file.js'
export { recordedEvents } from './time-travel.js'
export type { Claim, StageDepth, Work } from './work/work.js'
export { type DatabaseHealth, type LocationAnalytics, WorkflowDatabase } from './workflow-database.js'
