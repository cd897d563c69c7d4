import { createHmac } from 'node:crypto'

/** What a store may throw. Recognised by class and `code`, never by text. */
export abstract class StoreError extends Error {
  abstract readonly code: string
}

/** The store did not answer, or could not do it this time. Trying again is safe. */
export class StoreUnavailable extends StoreError {
  override readonly name: string = 'StoreUnavailable'
  readonly code: 'store-unavailable' | 'store-lost' = 'store-unavailable'

  /** @param setting where its address was given */
  constructor(store: string, cause: unknown, setting = 'STORE') {
    super(`${store} does not answer. Check that it runs and that ${setting} names it, then try again.`, {
      cause,
    })
  }
}

/** The store is known to be away, so it was not even asked. Whoever would try again by itself need not. */
export class StoreAway extends StoreUnavailable {
  override readonly name: string = 'StoreAway'

  /** @param cause why it is away: what a store says of itself is said again */
  constructor(store: string, cause: unknown) {
    super(store, cause)
    if (cause instanceof StoreError) this.message = cause.message
  }
}

/** The file that the store is in is not in its place any more. When it is put back, trying again succeeds. */
export class StoreLost extends StoreUnavailable {
  override readonly name = 'StoreLost'
  override readonly code = 'store-lost'

  /**
   * @param what what became of it, after the store's name and before "while it was open"
   * @param advice what to do, in sentences
   */
  constructor(store: string, what: string, advice: string) {
    super(store, undefined)
    this.message = `${store} ${what} while it was open. Nothing more is recorded, for nobody would find it. ${advice}`
  }
}

/** A document of a view that its store takes at no time, and why: in words of ours, never a server's. */
export interface RefusedDocument {
  readonly view: string
  readonly id: string
  readonly reason: string
}

/** The store takes some documents of views at no time. Whether others of the same saving are written is not known. */
export class DocumentsRefused extends StoreError {
  override readonly name = 'DocumentsRefused'
  readonly code = 'documents-refused'

  constructor(
    store: string,
    readonly documents: readonly RefusedDocument[],
  ) {
    const which = documents.map(({ view, id, reason }) => `${id} of ${view} (${reason})`).join(', ')
    super(`${store} takes at no time: ${which}. Such a document is held back: crawl-replay quarantine list`)
  }
}

/** It was closed here: nothing more is asked of it. */
export class LedgerClosed extends StoreError {
  override readonly name = 'LedgerClosed'
  readonly code = 'ledger-closed'

  constructor(store: string) {
    super(`The ledger at ${store} was closed. Open it again to go on.`)
  }
}

/** The store answers, and would not do it this time: it is overloaded, or full. Trying again is safe. */
export class StoreRefuses extends StoreUnavailable {
  override readonly name: string = 'StoreRefuses'

  /** @param why what it refuses, what that means and what to do, in sentences that follow the store's name */
  constructor(store: string, why: string, cause: unknown) {
    super(store, cause)
    this.message = `${store} ${why}`
  }
}

/** The store refuses who we are, or what we may do. */
export class StoreForbidden extends StoreError {
  override readonly name = 'StoreForbidden'
  readonly code = 'store-forbidden'

  /**
   * @param setting where its address was given
   * @param refused the user's name or password, or something that the user has no right to do
   */
  constructor(store: string, cause?: unknown, setting = 'STORE', refused: 'password' | 'right' = 'password') {
    super(
      refused === 'password'
        ? `${store} refuses the user name or the password in ${setting}. Correct them and start again.`
        : `${store} lets us in, but the user in ${setting} has no right to do what was asked. Give that user the role readWrite on the database.`,
      { cause },
    )
  }
}

/** The store holds a ledger that was made differently. */
export class LedgerMismatch extends StoreError {
  override readonly name = 'LedgerMismatch'
  readonly code = 'ledger-mismatch'
}

/** The store cannot be used for a reason that trying again does not mend. */
export class StoreUnusable extends StoreError {
  override readonly name = 'StoreUnusable'
  readonly code = 'store-unusable'
}

/** There is no ledger where one is to be read. */
export class NoLedger extends StoreError {
  override readonly name = 'NoLedger'
  readonly code = 'no-ledger'

  constructor(store: string) {
    super(
      `${store} holds no ledger. Check STORE; a ledger is made by the first service or import that writes to it.`,
    )
  }
}

/** A commit is to be restored where another one is. */
export class PlaceTaken extends StoreError {
  override readonly name = 'PlaceTaken'
  readonly code = 'place-taken'

  constructor(
    store: string,
    readonly partition: number,
    readonly position: number,
  ) {
    super(
      `${store} holds another commit than the one to be restored at position ${position} of partition ${partition}. ` +
        'Restore into an empty store, or into the one that was being restored.',
    )
  }
}

/**
 * The number of the format in which a ledger is stored. 2: message ids are unique in a stream (0.1: in a partition), and
 * events speak the services' language. A ledger of format 1 becomes one of 2 when it is opened; then 0.1 refuses it.
 */
export const ledgerFormat = 2

/** What the one document of `ledger` holds. */
export interface LedgerRecord {
  readonly format: number
  readonly partitions: number
  /** Which audit key seals the log (`auditMark`). Absent where a version before 0.2 made it and nothing proves one. */
  readonly audit?: string
}

/** What tells audit keys apart without telling them: 16 hexadecimal digits of an HMAC-SHA-256, or `none`. */
export const auditMark = (auditKey: string | undefined): string =>
  auditKey === undefined
    ? 'none'
    : createHmac('sha256', auditKey).update('crawl-ledger audit key').digest('hex').slice(0, 16)

/** Commits that another key sealed would make the log unverifiable for good. */
const checkAudit = (store: string, found: string | undefined, asked: string): void => {
  if (found === undefined || found === asked) return
  const why =
    asked === 'none'
      ? 'is sealed with an AUDIT_KEY, and none is set. Set the one that its services have.'
      : found === 'none'
        ? 'is kept without an AUDIT_KEY, and one is set. Leave it out: a ledger has a key from its beginning, or none.'
        : 'is sealed with another AUDIT_KEY. Set the one that its services have.'
  throw new LedgerMismatch(`${store} ${why}`)
}

/** What a program expects of a ledger. */
export interface Expected {
  readonly partitions?: number | undefined
  readonly auditKey?: string | undefined
}

/**
 * The ledger's own numbers.
 *
 * @throws LedgerMismatch when they do not go with what is expected
 */
export const checkLedger = (
  store: string,
  found: LedgerRecord,
  { partitions: asked, auditKey }: Expected,
): LedgerRecord => {
  if (found.format > ledgerFormat)
    throw new LedgerMismatch(
      `${store} has format ${found.format}, this program knows formats up to ${ledgerFormat}. Use a newer crawl-ledger.`,
    )
  if (asked !== undefined && asked !== found.partitions)
    throw new LedgerMismatch(
      `${store} was created with ${found.partitions} partitions and PARTITIONS is ${asked}. ` +
        `Set PARTITIONS=${found.partitions}, or leave it out.`,
    )
  checkAudit(store, found.audit, auditMark(auditKey))
  return found
}
