import rhea, { type AmqpError, type Delivery, type Sender, type Session } from 'rhea'

/* What a broker needs of rhea and rhea, made for clients, does not offer. All of it is in this file. */

interface SenderInternals {
  credit: number
  delivery_count: number
  _draining: boolean
  _get_drain: () => boolean
  local: { readonly attach: { properties?: Record<string, unknown> } }
  session: { readonly outgoing: { readonly available: () => number } }
}

interface Outcomes {
  readonly accepted: () => { readonly described: () => unknown }
  readonly rejected: (fields: { readonly error: AmqpError }) => { readonly described: () => unknown }
}

const inside = (sender: Sender): SenderInternals => sender as unknown as SenderInternals
const { accepted, rejected } = rhea.message as unknown as Outcomes

/**
 * rhea answers an attach before it tells of it. A session is granted later, perhaps much later; so links of this
 * AMQP session that send wait until `sender.attach()` is called.
 */
export const attachLate = (session: Session): void => {
  const creating = session as unknown as { create_sender: (name: string, options?: object) => Sender }
  const create = creating.create_sender
  creating.create_sender = (name, options) => {
    const sender = create.call(session, name, options)
    sender.open = () => undefined
    inside(sender)._get_drain = () => {
      const link = inside(sender)
      if (!link._draining) return false
      // rhea does not answer a drain that finds no credit left, and the SDK would wait for the answer.
      link._draining = false
      link.delivery_count += link.credit
      link.credit = 0
      return true
    }
    return sender
  }
}

/** How many deliveries the peer has ever allowed on this link. Those that wait to be written are not taken off. */
export const allowed = (sender: Sender): number => inside(sender).delivery_count + inside(sender).credit

/** Whether the AMQP session remembers one more unsettled delivery. */
export const hasRoom = (sender: Sender): boolean => inside(sender).session.outgoing.available() > 0

/** Sets what the attach tells of the link; before `sender.attach()`. */
export const describe = (sender: Sender, properties: Record<string, unknown>): void => {
  inside(sender).local.attach.properties = properties
}

const forgettable = (delivery: Delivery): { settled: boolean; remote_settled: boolean } => delivery

/** Sends a delivery that needs no answer. */
export const settleBefore = (delivery: Delivery): void => {
  forgettable(delivery).settled = true
}

/** Settles, and lets rhea forget the delivery: the peer said what it had to say, though it did not call it settled. */
const settle = (delivery: Delivery, outcome: unknown): void => {
  delivery.update(true, outcome)
  forgettable(delivery).remote_settled = true
}

export const accept = (delivery: Delivery): void => settle(delivery, accepted().described())

export const refuse = (delivery: Delivery, error: AmqpError): void =>
  settle(delivery, rejected({ error }).described())
