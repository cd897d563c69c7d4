import { EventTooNew, UnknownEvent } from '@crawl-ledger/domain'
import { CommitUnreadable, StoreError } from '@crawl-ledger/log'
import {
  LogBehindViews,
  NewerRebuild,
  NotHeld,
  ProjectionOutdated,
  RebuildNeeded,
  RebuildRunning,
  RebuildStopped,
  RebuildTakenOver,
  ViewsReplaced,
} from '@crawl-ledger/projector'
import { BusError } from '@crawl-ledger/service-bus/errors'
import { ArchiveUnusable, LogUnsound, OtherLog } from './archive/format.js'
import { ConfigurationError, NotCaughtUp, PartitionStopped } from './errors.js'

const spoken = [
  StoreError,
  BusError,
  ArchiveUnusable,
  LogUnsound,
  OtherLog,
  ConfigurationError,
  NotCaughtUp,
  PartitionStopped,
  LogBehindViews,
  NewerRebuild,
  ProjectionOutdated,
  RebuildNeeded,
  RebuildRunning,
  RebuildStopped,
  RebuildTakenOver,
  CommitUnreadable,
  EventTooNew,
  UnknownEvent,
  NotHeld,
  ViewsReplaced,
]

/** One sentence for a person. The stack trace only where `DEBUG` is set. */
export const explain = (error: unknown, env: NodeJS.ProcessEnv = process.env): string => {
  if (!(error instanceof Error)) return `Something failed without an error: ${JSON.stringify(error)}`
  if (env.DEBUG !== undefined && env.DEBUG !== '') return error.stack ?? error.message
  return spoken.some(kind => error instanceof kind)
    ? error.message
    : `${error.name}: ${error.message} (this should not happen; set DEBUG=1 to see where)`
}
