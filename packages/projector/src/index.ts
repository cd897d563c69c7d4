export { LogBehindViews, readCheckpoints } from './checkpoints.js'
export { documentKey, foldInto, ProjectionOutdated, routing } from './fold.js'
export { follow } from './follow.js'
export { Projector, type ProjectorOptions, type ProjectorStatus } from './projector.js'
