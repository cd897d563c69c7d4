import type { Socket } from 'node:net'
import type { AmqpError, Connection, EventContext, link, Receiver, Sender } from 'rhea'
import { attachReceiver } from './attaching.js'
import { noEntity } from './errors.js'
import type { Namespace } from './namespace.js'
import { attachClaims, attachManagement } from './requests.js'
import { attachLate } from './rhea-internals.js'
import { attachSender } from './sending.js'

const claims = '$cbs'
const management = '/$management'

/** Lets a client's links in, and tells what they lead to when they or the connection are gone. */
export const serve = (connection: Connection, namespace: Namespace): void => {
  const socket: Socket = connection.socket
  const cut = () => socket.destroy(new Error('cut'))
  const replies = new Map<string, Sender>()
  const gone = new Set<() => void>()

  const replyTo = (address: string) => replies.get(address)
  const refused = (each: link, address: string): boolean => {
    const condition = namespace.faults.refuseLinks?.(address)
    if (condition !== undefined)
      refuse(each, { condition, description: `The test broker refuses "${address}".` })
    return condition !== undefined
  }
  const refuse = (each: link, error: AmqpError): void => {
    each.attach()
    each.close(error)
  }

  /** The client receives. */
  const onSender = (sender: Sender): void => {
    const address = sender.source?.address ?? ''
    if (address === claims || address.endsWith(management)) {
      replies.set(sender.name, sender)
      sender.set_source({ address })
      sender.attach()
      sender.on('sender_close', () => replies.delete(sender.name))
      return
    }
    if (refused(sender, address)) return
    const entity = namespace.source(address)
    if (entity === undefined) {
      refuse(sender, noEntity(address))
      return
    }
    const leave = attachReceiver(sender, entity, error => refuse(sender, error), cut)
    const end = () => {
      gone.delete(end)
      leave()
    }
    gone.add(end)
    sender.on('sender_close', end)
    sender.session.on('session_close', end)
  }

  /** The client sends. */
  const onReceiver = (receiver: Receiver): void => {
    const address = receiver.target?.address ?? ''
    if (address === claims) {
      receiver.set_target({ address })
      attachClaims(receiver, replyTo)
      return
    }
    if (refused(receiver, address)) return
    const managed = address.endsWith(management)
      ? namespace.source(address.slice(0, -management.length))
      : undefined
    const target = namespace.target(address)
    if (managed !== undefined) {
      receiver.set_target({ address })
      attachManagement(receiver, replyTo, managed, cut)
    } else if (target !== undefined) attachSender(receiver, target, namespace.faults, cut)
    else refuse(receiver, noEntity(address))
  }

  connection.on('session_open', ({ session }: EventContext) => session && attachLate(session))
  connection.on('sender_open', ({ sender }: EventContext) => sender && onSender(sender))
  connection.on('receiver_open', ({ receiver }: EventContext) => receiver && onReceiver(receiver))
  socket.once('close', () => {
    for (const end of gone) end()
  })
}
