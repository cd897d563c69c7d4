export { instantOf, Name } from './codecs.js'
export { type Command, commandEnvelope, isCommand } from './commands.js'
export { decide } from './decide.js'
export type { CrawlEvent, EventData, EventType, StoredEvent } from './events.js'
export { evolve, initialState, stageKey, type WorkflowState, type WorkflowStatus } from './evolve.js'
export { canonical, isObject, type Json, type JsonObject, normalise, sha256 } from './json.js'
export {
  type CrawlMessage,
  decodeMessage,
  type Envelope,
  type HandlerName,
  handlerOf,
  type MessageEnvelope,
  type MessageType,
  maxMessageBytes,
  streamOf,
} from './messages.js'
export {
  type AnyDocument,
  crawl,
  folded,
  type Projection,
  type Route,
  type ViewName,
  type Views,
  viewNames,
} from './projection.js'
export { type Rejection, type RejectionCode, rejection } from './rejection.js'
export { batchOf, locationOf, type StreamId, workflowStream } from './stream.js'
export { currentVersion, EventTooNew, eventTypes, lift, UnknownEvent } from './upcast.js'
export type { Place, RecordedError, StageCount, ViewDocument } from './views/document.js'
export type { LocationDocument } from './views/locations.js'
export type { MediaDocument, MediaStage } from './views/media.js'
export type { StageWork, WorkflowDocument } from './views/workflows.js'
export { stagesBefore } from './work.js'
