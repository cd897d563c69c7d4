import type { EventContext, Receiver } from 'rhea'
import type { Faults } from './broker.js'
import { contentsOf } from './content.js'
import type { Entity } from './entity.js'
import { notAllowed } from './errors.js'
import type { Topic } from './namespace.js'

/** Lets a client's sender in: each transfer, a message or a batch of them, is put in and then accepted. */
export const attachSender = (
  receiver: Receiver,
  target: Entity | Topic,
  faults: Faults,
  cut: () => void,
): void => {
  receiver.set_target({ address: target.name })
  receiver.on('message', ({ message, delivery, ...rest }: EventContext & { readonly format?: number }) => {
    if (message === undefined || delivery === undefined) return
    const contents = contentsOf(message, rest.format)
    if (!contents.every(content => target.admits(content))) {
      delivery.reject(notAllowed(`"${target.name}" has sessions: each message needs a session id.`))
      return
    }
    const fault = faults.onSend?.(target.name)
    if (fault !== 'before') for (const content of contents) target.put(content)
    if (fault === undefined) delivery.accept()
    else cut()
  })
}
