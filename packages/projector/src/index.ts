export {
  type Build,
  BuildClosing,
  buildName,
  buildOf,
  checkNotNewer,
  NewerRebuild,
  ProjectionOutdated,
  RebuildNeeded,
  readBuild,
  SwapUnfinished,
} from './build.js'
export {
  areOf,
  checkpointAstray,
  checkpointsOf,
  LogBehindViews,
  movesOf,
  readCheckpoints,
} from './checkpoints.js'
export { commitsOf } from './commits.js'
export type { FoldFailure } from './fold.js'
export { follow } from './follow.js'
export type { ProjectorMeter, Stage } from './meter.js'
export { otelMeter } from './otel-meter.js'
export { Projector, type ProjectorOptions, type ProjectorStatus } from './projector.js'
export { discardHeld, type HeldCommit, heldCommits, NotHeld, retryHeld } from './quarantine.js'
export { RebuildTakenOver } from './rebuild/lane.js'
export { type RebuildProgress, RebuildStopped } from './rebuild/progress.js'
export { type RebuildOptions, type Rebuilt, rebuild } from './rebuild/rebuild.js'
export { cancelRebuild, RebuildRunning } from './rebuild/session.js'
export { type PartitionStatus, type ProjectionStatus, projectionStatus } from './status.js'
export { Stepping } from './stepping.js'
export { readHolding, Tenure, type TenureOptions } from './tenure.js'
export { ViewsReplaced } from './verify/doubts.js'
export type {
  LogFinding,
  LogSummary,
  Verification,
  ViewFinding,
  ViewSummary,
} from './verify/finding.js'
export { type Progress, type VerifyLogOptions, verifyLog } from './verify/log.js'
export { LogCheck } from './verify/log-check.js'
export { places } from './verify/places.js'
export { type VerifyViewsOptions, verifyViews } from './verify/views.js'
