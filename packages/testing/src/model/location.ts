import { present } from '../json.js'
import { factOf, queriesOf } from './facts.js'
import type { Told } from './message.js'
import { defaultPlan } from './plan.js'
import { summedUp } from './rows.js'
import { earliest, isoOf, latest } from './time.js'
import type { Status, Workflow } from './workflow.js'

export interface LocationDocument {
  readonly locationId: string
  readonly metadata: { readonly queries?: readonly string[] | undefined; readonly [field: string]: unknown }
  readonly totalMediaItems: number
  readonly itemTypes: {
    readonly video: number
    readonly image: number
    readonly post: number
    readonly other: number
  }
  readonly totalWorkflows: number
  readonly activeWorkflows: number
  readonly completedWorkflows: number
  readonly failedWorkflows: number
  readonly errorCount: number
  readonly [field: string]: unknown
}

/** A location from all messages that name it, and its workflows. */
export const locationOf = (
  locationId: string,
  tolds: readonly Told[],
  workflows: readonly Workflow[],
): LocationDocument => {
  const types = workflows.flatMap(({ items }) => items).map(({ document }) => document.itemType ?? '')
  const video = types.filter(type => type === 'video').length
  const image = types.filter(type => type === 'image').length
  const post = types.filter(type => type === 'post').length
  const withStatus = (status: Status): number =>
    workflows.filter(({ document }) => document.status === status).length
  const queries = queriesOf(tolds)
  const times = tolds.map(({ at }) => at)
  return present({
    locationId,
    locationName: factOf('locationName', tolds),
    countryCode: factOf('countryCode', tolds),
    createdAt: isoOf(earliest(times)),
    updatedAt: isoOf(latest(times)),
    metadata: present({
      queries: queries.length === 0 ? undefined : queries,
      coordinates: factOf('coordinates', tolds),
    }),
    totalMediaItems: types.length,
    itemTypes: { video, image, post, other: types.length - video - image - post },
    totalWorkflows: workflows.length,
    activeWorkflows: withStatus('active'),
    completedWorkflows: withStatus('completed'),
    failedWorkflows: withStatus('failed'),
    errorCount: workflows.reduce((sum, { document }) => sum + document.errorCount, 0),
    stages: summedUp(
      workflows.flatMap(({ rows }) => rows),
      defaultPlan,
    ),
  })
}
