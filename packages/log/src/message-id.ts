import { type Envelope, isCommand } from '@crawl-ledger/domain'

/** What is known of a message: one that says the same has the same digest. */
export interface Told {
  readonly digest: string
}

/** A message that was told before, an id under which it is kept, or that its id may not be used for it. */
export type Naming<K> =
  | { readonly tag: 'known'; readonly known: K }
  | { readonly tag: 'free'; readonly id: string }
  | { readonly tag: 'reused' }

/** Services name messages by the millisecond, so that two may have one id. This is the id of the second. */
const nextId = (id: string, digest: string): string => `${id}#${digest.slice(0, 16)}`

/** An id, and the one that a message gets where another message has the first. */
export const idsOf = ({ id, digest }: Pick<Envelope, 'id' | 'digest'>): readonly string[] => [
  id,
  nextId(id, digest),
]

/**
 * Under which id a stream keeps a message. Only where another message has its id does it get a longer one, so that it is
 * found again by looking along the same ids. A command's id is its sender's own and of one asking: that one is refused.
 *
 * @param told what the stream has under an id
 */
export const nameOf = <K extends Told>(
  { id, digest, body }: Pick<Envelope, 'id' | 'digest' | 'body'>,
  told: (id: string) => K | undefined,
): Naming<K> => {
  for (let free = id; ; free = nextId(free, digest)) {
    const known = told(free)
    if (known === undefined) return { tag: 'free', id: free }
    if (known.digest === digest) return { tag: 'known', known }
    if (isCommand(body)) return { tag: 'reused' }
  }
}
