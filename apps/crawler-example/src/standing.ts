import type { MediaDocument, WorkflowDocument } from 'crawl-ledger'
import { discovery, stageNames } from './batch.js'
import { mayPass } from './trouble.js'

/** What was found of one type, such as `image/png`; of what could not be downloaded, of one kind, such as `image`. */
export interface OfType {
  readonly type: string
  readonly items: number
  readonly bytes: number
  readonly failed: number
}

export interface Failure {
  readonly media: MediaDocument
  readonly stage: string
  readonly attempt: number
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

/** The stages of a batch: those that its message listed. */
export const stagesOf = ({ described }: WorkflowDocument): readonly string[] =>
  Array.isArray(described.stages) ? (described.stages as string[]) : stageNames

export const isDiscovered = ({ stages }: WorkflowDocument): boolean =>
  stages.some(({ stage, completed }) => stage === discovery && completed > 0)

/** How much of the work is behind it, 0 to 100. Where a stage has failed, those after it are behind it too. */
export const percentDone = (workflow: WorkflowDocument): number => {
  const names = stagesOf(workflow)
  const all = workflow.mediaItems * names.length
  const settled = names.reduce((sum, name, i) => {
    const { done = 0, failing = 0 } = workflow.work.find(({ stage }) => stage === name) ?? {}
    return sum + done + failing * (names.length - i)
  }, 0)
  return all === 0 ? (isDiscovered(workflow) ? 100 : 0) : (100 * settled) / all
}

const bytesOf = (media: MediaDocument): number => {
  const processing = media.stages.find(({ stage }) => stage === 'download')?.processing
  return processing !== undefined && 'sizeBytes' in processing ? Number(processing.sizeBytes) : 0
}

const typeOf = (media: MediaDocument): string => {
  const result = media.stages.find(({ stage }) => stage === 'download')?.result
  const type = typeof result === 'object' && result !== null && 'type' in result ? result.type : undefined
  return String(type ?? media.kind ?? 'unknown')
}

/** The stage at which an item is: the first that is not done. undefined when all are. */
const nextStage = (media: MediaDocument, names: readonly string[]) =>
  names
    .map(name => media.stages.find(({ stage }) => stage === name) ?? { stage: name, status: 'open' as const })
    .find(({ status }) => status !== 'completed')

export const standingOf = (all: readonly MediaDocument[], names: readonly string[]): Standing => {
  const types = new Map<string, OfType>()
  const failures: Failure[] = []
  let open = 0
  const found = all.filter(media => media.found)
  for (const media of found) {
    const next = nextStage(media, names)
    if (next?.status === 'failed') {
      const { stage } = next
      const error = media.errors.findLast(one => one.stage === stage)
      const message = error?.message ?? 'no reason is known'
      failures.push({ media, stage, attempt: next.attempt ?? 1, code: error?.code, message })
    } else if (next !== undefined) open += 1
    const type = typeOf(media)
    const known = types.get(type) ?? { type, items: 0, bytes: 0, failed: 0 }
    types.set(type, {
      type,
      items: known.items + 1,
      bytes: known.bytes + bytesOf(media),
      failed: known.failed + (next?.status === 'failed' ? 1 : 0),
    })
  }
  const sorted = [...types.values()].sort((a, b) => b.items - a.items || (a.type < b.type ? -1 : 1))
  const bytes = sorted.reduce((sum, one) => sum + one.bytes, 0)
  return { items: found.length, bytes, open, types: sorted, failures }
}

/** The stages in which something failed that may go well another time. */
export const worthRetrying = ({ failures }: Standing, attempts: number): readonly string[] => [
  ...new Set(
    failures.filter(({ attempt, code }) => attempt < attempts && mayPass(code)).map(({ stage }) => stage),
  ),
]

export const summaryOf = ({ items, bytes, types, failures }: Standing): object => ({
  items,
  bytes,
  failed: failures.length,
  types,
})
