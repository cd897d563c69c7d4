import type { StoredEvent } from './events.js'

const at = '2024-05-01T12:00:00.000Z'

/** One stored event of each type as 0.1 wrote it. Never edit these: logs hold them. */
export const v1Events = {
  WorkflowStarted: { type: 'WorkflowStarted', v: 1, at, data: { implicit: false }, message: 0 },
  WorkflowDescribed: {
    type: 'WorkflowDescribed',
    v: 1,
    at,
    data: { expectedItems: 2, note: 'theirs', queries: ['park'], stages: ['download'] },
    message: 0,
  },
  LocationDescribed: {
    type: 'LocationDescribed',
    v: 1,
    at,
    data: { countryCode: 'JP', geo: { latitude: 34.7, longitude: 135.5 }, location: { name: 'Osaka' } },
    message: 0,
  },
  MediaFound: {
    type: 'MediaFound',
    v: 1,
    at,
    data: { item: { author: 'a', kind: 'photo', mediaId: 'm', url: 'https://example.org/m' } },
    message: 1,
  },
  StageCompleted: {
    type: 'StageCompleted',
    v: 1,
    at,
    data: { mediaId: 'm', processing: { durationMs: 5, sizeBytes: 7 }, result: 1, stage: 'download' },
    message: 2,
  },
  StageClaimed: {
    type: 'StageClaimed',
    v: 1,
    at,
    data: { attempt: 1, claim: 'c', mediaId: 'n', renewed: false, server: 's', stage: 'download', until: at },
    message: 4,
  },
  StageReleased: {
    type: 'StageReleased',
    v: 1,
    at,
    data: { because: 'released', claim: 'c', mediaId: 'n', server: 's', stage: 'download' },
    message: 5,
  },
  StageRetried: {
    type: 'StageRetried',
    v: 1,
    at,
    data: { attempt: 2, mediaId: 'n', server: 's', stage: 'download' },
    message: 6,
  },
  WorkflowResumed: {
    type: 'WorkflowResumed',
    v: 1,
    at,
    data: { from: 'active', server: 's' },
    message: 7,
  },
  ProgressReported: {
    type: 'ProgressReported',
    v: 1,
    at,
    data: { progress: 40, stage: 'download' },
    message: 3,
  },
  ErrorRecorded: {
    type: 'ErrorRecorded',
    v: 1,
    at,
    data: {
      context: { host: 'h' },
      error: { code: 'E', message: 'no answer' },
      fatal: true,
      mediaId: 'm',
      stage: 'analyse',
    },
    message: 4,
  },
  StageFailed: { type: 'StageFailed', v: 1, at, data: { mediaId: 'm', stage: 'analyse' }, message: 4 },
  WorkflowFailed: { type: 'WorkflowFailed', v: 1, at, data: { reason: 'no answer' }, message: 4 },
  WorkflowCompleted: {
    type: 'WorkflowCompleted',
    v: 1,
    at,
    data: { from: 'failed', summary: { items: 1 } },
    message: 5,
  },
} as const satisfies { readonly [type: string]: StoredEvent }
