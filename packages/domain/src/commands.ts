import { canonical, type Json } from './json.js'
import { digestOf, type Envelope } from './messages.js'

interface OfWorkflow {
  readonly locationId: string
  readonly batchId: string
  /** The process that asks. */
  readonly server: string
}

/** One claim of one stage of one item. */
interface OfClaim extends OfWorkflow {
  readonly stage: string
  readonly itemId: string
  readonly claim: string
}

/** What a service asks of a workflow through the library. It never comes from outside, so nothing of it is decoded. */
export type Command =
  /** At most `most` open items of a stage, from `now` by the store's clock until `leaseMs` later. */
  | (OfWorkflow & {
      readonly type: 'claim'
      readonly stage: string
      readonly most: number
      readonly now: string
      readonly leaseMs: number
    })
  | (OfClaim & { readonly type: 'heartbeat'; readonly now: string; readonly leaseMs: number })
  | (OfClaim & { readonly type: 'release' })
  /** What has failed is open again: all of it, or what is of these stages. */
  | (OfWorkflow & { readonly type: 'retry'; readonly stages?: readonly string[] })
  | (OfWorkflow & { readonly type: 'resume' })

const kinds: ReadonlySet<string> = new Set<Command['type']>([
  'claim',
  'heartbeat',
  'release',
  'retry',
  'resume',
])

export const isCommand = (body: Envelope['body']): body is Command => kinds.has(body.type)

/**
 * A command as a log takes it.
 *
 * @param id of this one asking: a second one with the same id is the same asking again
 * @param at when it is asked, ISO
 */
export const commandEnvelope = (body: Command, id: string, at: string): Envelope => {
  const text = canonical(body as unknown as Json)
  return { id, digest: digestOf(text), receivedAt: at, bytes: Buffer.byteLength(text), body }
}
