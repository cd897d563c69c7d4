import type { MediaDocument } from 'crawl-ledger'

/** What was found of one type, such as `image/png`; of what could not be read, of one type of item, such as `image`. */
export interface OfType {
  readonly type: string
  readonly items: number
  readonly bytes: number
  readonly failed: number
}

export interface Failure {
  readonly item: MediaDocument
  readonly stage: string
  readonly code: string | undefined
  readonly message: string
}

/** How a batch stands, told by its media items. */
export interface Standing {
  readonly items: number
  readonly bytes: number
  /** Items of which a stage is still to be done. */
  readonly open: number
  readonly types: readonly OfType[]
  readonly failures: readonly Failure[]
}

const bytesOf = ({ metadata }: MediaDocument): number =>
  typeof metadata.size === 'number' ? metadata.size : 0

const typeOf = ({ metadata: { mediaInfo }, itemType }: MediaDocument): string => {
  const isInfo = typeof mediaInfo === 'object' && mediaInfo !== null && 'type' in mediaInfo
  return String((isInfo ? mediaInfo.type : undefined) ?? itemType ?? 'unknown')
}

/** Why an item was given up, or waits for another attempt; undefined where neither is so. */
const failureOf = (item: MediaDocument): Failure | undefined => {
  const failing = item.stages.find(row => row.failing > 0)?.stage
  if (item.status !== 'failed' && (failing === undefined || item.status === 'completed')) return undefined
  const isIt = ({ stage, fatal }: MediaDocument['errors'][number]): boolean =>
    item.status === 'failed' ? fatal === true : stage === failing
  const error = item.errors.findLast(isIt)
  return {
    item,
    stage: error?.stage ?? failing ?? item.currentStage,
    code: typeof error?.code === 'string' ? error.code : undefined,
    message: error?.error ?? 'no reason is known',
  }
}

export const standingOf = (all: readonly MediaDocument[]): Standing => {
  const types = new Map<string, OfType>()
  const failures: Failure[] = []
  let open = 0
  for (const item of all) {
    const failure = failureOf(item)
    if (failure !== undefined) failures.push(failure)
    else if (item.status === 'active') open += 1
    const type = typeOf(item)
    const known = types.get(type) ?? { type, items: 0, bytes: 0, failed: 0 }
    types.set(type, {
      type,
      items: known.items + 1,
      bytes: known.bytes + bytesOf(item),
      failed: known.failed + (failure === undefined ? 0 : 1),
    })
  }
  const sorted = [...types.values()].sort((a, b) => b.items - a.items || (a.type < b.type ? -1 : 1))
  const bytes = sorted.reduce((sum, one) => sum + one.bytes, 0)
  return { items: all.length, bytes, open, types: sorted, failures }
}
