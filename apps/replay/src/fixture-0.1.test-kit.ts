import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

/** A stage's figures, as 0.1's views had them. */
export interface RowOfV1 {
  readonly stage: string
  readonly completed: number
  readonly errors: number
  readonly durationMs: number
  readonly sizeBytes: number
}

export interface WorkflowOfV1 {
  readonly locationId: string
  readonly batchId: string
  readonly status: string
  readonly version: number
  readonly mediaItems: number
  readonly described: { readonly queries?: readonly string[] }
  readonly stages: readonly RowOfV1[]
  readonly work: readonly { readonly stage: string; readonly failing: number; readonly claimed: number }[]
  readonly resumes: number
  readonly errorCount: number
  readonly errors: readonly { readonly message: string }[]
  readonly updatedAt: string
}

export interface LocationOfV1 {
  readonly locationId: string
  readonly totalMediaItems: number
  readonly activeWorkflows: number
  readonly completedWorkflows: number
  readonly failedWorkflows: number
  readonly errorCount: number
  readonly countryCode?: string
  readonly geo?: { readonly latitude: number; readonly longitude: number }
  readonly location?: { readonly name?: string }
  readonly stages: readonly RowOfV1[]
}

export interface ItemOfV1 {
  readonly mediaId: string
  readonly kind?: string
  readonly url?: string
  readonly errorCount: number
  readonly errors: readonly { readonly message: string; readonly fatal?: boolean }[]
  readonly stages: readonly { readonly stage: string; readonly status: string }[]
}

/** What 0.1 said of its ledger. The keys are 0.1's: the ids, with a slash between them. */
export interface Expected {
  readonly commits: number
  readonly events: { readonly total: number }
  readonly workflows: { readonly [key: string]: WorkflowOfV1 }
  readonly locations: { readonly [key: string]: LocationOfV1 }
  readonly media: { readonly [workflow: string]: readonly ItemOfV1[] }
}

const place = (name: string): string => fileURLToPath(new URL(`../fixture-0.1/${name}`, import.meta.url))

export const archiveFile = place('archive.jsonl.gz')

export const archiveText = (): string => gunzipSync(readFileSync(archiveFile)).toString()

export const databaseBytes = (): Buffer => gunzipSync(readFileSync(place('ledger.db.gz')))

export const expected = JSON.parse(readFileSync(place('expected.json'), 'utf8')) as Expected
