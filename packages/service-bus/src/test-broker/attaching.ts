import type { AmqpError, Sender } from 'rhea'
import rhea from 'rhea'
import type { Entity } from './entity.js'
import { noSession, notAllowed, takenSession } from './errors.js'
import { ReceivingLink } from './receiving.js'
import { describe } from './rhea-internals.js'
import { type Asker, Sessions } from './sessions.js'

const filterName = 'com.microsoft:session-filter'
const timeoutName = 'com.microsoft:timeout'
const longestWaitMs = 60_000

/** As .NET counts time: in steps of 100 ns since the year 1. */
const ticks = (time: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(time) * 10_000n + 621_355_968_000_000_000n)
  return bytes
}

/** The session that a link asks for: an id, null for the next one, undefined if it asks for none. */
const wantedSession = (sender: Sender): string | null | undefined => {
  const filter: Record<string, unknown> = sender.source?.filter ?? {}
  if (!(filterName in filter)) return undefined
  const id = filter[filterName]
  return typeof id === 'string' ? id : null
}

/**
 * Lets a client's receiver in, at once or when there is a session for it, or refuses it.
 *
 * @returns what to do when the link is gone
 */
export const attachReceiver = (
  sender: Sender,
  entity: Entity,
  refuse: (error: AmqpError) => void,
  cut: () => void,
): (() => void) => {
  const { place } = entity
  const wanted = wantedSession(sender)
  const link = new ReceivingLink(sender, entity, cut)
  if (!(place instanceof Sessions)) {
    if (wanted !== undefined) refuse(notAllowed(`"${entity.name}" has no sessions.`))
    else {
      sender.set_source({ address: entity.name })
      link.open(place)
      place.join(link)
    }
    return () => place.leave(link)
  }
  if (wanted === undefined) {
    refuse(notAllowed(`"${entity.name}" has sessions: accept one to receive from it.`))
    return () => undefined
  }
  return attachToSession(sender, place, link, wanted, refuse)
}

const attachToSession = (
  sender: Sender,
  sessions: Sessions,
  link: ReceivingLink,
  wanted: string | null,
  refuse: (error: AmqpError) => void,
): (() => void) => {
  let mine: string | undefined
  let timer: NodeJS.Timeout | undefined
  const asker: Asker = {
    consumer: link,
    granted: (id, shelf, until) => {
      clearTimeout(timer)
      mine = id
      sender.set_source({ address: sender.source.address ?? '', filter: { [filterName]: id } })
      describe(sender, { 'com.microsoft:locked-until-utc': rhea.types.wrap_long(ticks(until())) })
      link.open(shelf, until)
    },
  }
  if (wanted !== null) {
    if (!sessions.take(wanted, asker)) refuse(takenSession(wanted))
  } else {
    timer = setTimeout(
      () => {
        if (sessions.giveUp(asker)) refuse(noSession)
      },
      Number(sender.properties?.[timeoutName] ?? longestWaitMs),
    )
    sessions.ask(asker)
  }
  return () => {
    clearTimeout(timer)
    sessions.giveUp(asker)
    if (mine !== undefined) sessions.release(mine, link)
  }
}
