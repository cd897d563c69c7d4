export { Id, instantOf, isoOf, Text } from './codecs.js'
export { stagesBefore } from './commanding.js'
export { type Command, commandEnvelope, isCommand } from './commands.js'
export type { ContextError, ContextMetadata, ItemType, WorkflowContext } from './context.js'
export type { Change, StageRow } from './counts.js'
export { type Decision, decide } from './decide.js'
export { type Defined, defined } from './defined.js'
export type {
  ContextData,
  CrawlEvent,
  ErrorData,
  EventData,
  EventType,
  StoredEvent,
  WorkflowStatus,
} from './events.js'
export { evolve } from './evolve.js'
export { type FailingStage, failingIn } from './failing.js'
export { itemIdOf } from './item-id.js'
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
export { noted } from './noted.js'
export { defaultPlan, type Plan } from './plan.js'
export {
  type AnyDocument,
  crawl,
  crawlWhole,
  folded,
  type Projection,
  type Route,
  type ViewName,
  type Views,
  viewNames,
} from './projection.js'
export { type Rejection, type RejectionCode, rejection } from './rejection.js'
export { initialState, type WorkflowState } from './state.js'
export { batchOf, idOf, itemKey, keyOf, locationOf, type StreamId, workflowStream } from './stream.js'
export { type WorkflowProgress, WorkflowTracker } from './tracker.js'
export { currentVersion, EventTooNew, eventTypes, lift, UnknownEvent } from './upcast.js'
export { isCut } from './views/bounded.js'
export type { ListedError, Place, ViewDocument } from './views/document.js'
export type { LocationDocument } from './views/locations.js'
export type { MediaDocument } from './views/media.js'
export type { CurrentContext, WorkflowDocument } from './views/workflows.js'
