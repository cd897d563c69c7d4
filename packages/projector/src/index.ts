export { LogBehindViews, readCheckpoints } from './checkpoints.js'
export { ProjectionOutdated } from './fold.js'
export { follow } from './follow.js'
export { Projector, type ProjectorOptions, type ProjectorStatus } from './projector.js'
