import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { BSON, type Document } from 'mongodb'

/** A server that stands between a client and the true one, and may be far away, answer by itself, or hang up. */
export interface FaultProxy {
  /** The same address through it. */
  readonly url: string
  /** How long each way takes, in milliseconds. */
  delayMs: number
  /** Whether it stays silent: connections are accepted and kept, and nothing goes through. */
  isSilent: boolean
  /** What is answered in place of the server, or undefined where it does what it is asked. `hello` always goes through. */
  answer: (command: Document) => Document | undefined
  /** How many commands of a name came so far. */
  readonly count: (command: string) => number
  /** Ends every connection that there is. */
  readonly cut: () => void
  readonly close: () => Promise<void>
}

// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
const headerBytes = 16
const opMsg = 2013

/** The messages in what arrives piece by piece. */
const framed = (use: (message: Buffer) => void): ((piece: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0)
  return piece => {
    rest = Buffer.concat([rest, piece])
    while (rest.length >= headerBytes && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0)
      use(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
  }
}

/** The command of a message, with its lists of documents; undefined where it is a handshake of old. */
const commandOf = (message: Buffer): Document | undefined => {
  if (message.readInt32LE(12) !== opMsg) return undefined
  const command: Document = {}
  const hasChecksum = (message.readInt32LE(headerBytes) & 1) === 1
  const end = message.length - (hasChecksum ? 4 : 0)
  const documentAt = (start: number): Buffer => message.subarray(start, start + message.readInt32LE(start))
  for (let at = headerBytes + 4; at < end; ) {
    const isBody = message[at] === 0
    at += 1
    const sectionEnd = at + message.readInt32LE(at)
    if (isBody) Object.assign(command, BSON.deserialize(documentAt(at)))
    else {
      const nameEnd = message.indexOf(0, at + 4)
      const documents: Document[] = []
      for (let next = nameEnd + 1; next < sectionEnd; next += message.readInt32LE(next))
        documents.push(BSON.deserialize(documentAt(next)))
      command[message.toString('utf8', at + 4, nameEnd)] = documents
    }
    at = sectionEnd
  }
  return command
}

const answerTo = (message: Buffer, document: Document): Buffer => {
  const body = BSON.serialize(document)
  const answer = Buffer.alloc(headerBytes + 5)
  answer.writeInt32LE(answer.length + body.length, 0)
  answer.writeInt32LE(message.readInt32LE(4), 8)
  answer.writeInt32LE(opMsg, 12)
  return Buffer.concat([answer, body])
}

/** Puts a proxy before a server that listens on this machine. */
export const faultProxy = async (to: string): Promise<FaultProxy> => {
  const { hostname, port } = new URL(to)
  const sockets = new Set<Socket>()
  const counts = new Map<string, number>()
  const later = (work: () => void): void => {
    // In the order in which they came: timers of one length end so.
    if (proxy.delayMs > 0) setTimeout(work, proxy.delayMs)
    else if (!proxy.isSilent) work()
  }
  const server = createServer(near => {
    const far = connect(Number(port), hostname)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    const ask = (message: Buffer): void => {
      const command = commandOf(message)
      const name = command === undefined ? undefined : Object.keys(command)[0]
      if (command === undefined || name === undefined) {
        far.write(message)
        return
      }
      counts.set(name, (counts.get(name) ?? 0) + 1)
      const answer = name === 'hello' ? undefined : proxy.answer(command)
      if (answer === undefined) far.write(message)
      else later(() => near.write(answerTo(message, answer)))
    }
    near.on(
      'data',
      framed(message => later(() => ask(message))),
    )
    far.on('data', (piece: Buffer) => later(() => near.write(piece)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const target = new URL(to)
  target.port = String(typeof address === 'object' && address !== null ? address.port : 0)
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const proxy: FaultProxy = {
    url: String(target),
    delayMs: 0,
    isSilent: false,
    answer: () => undefined,
    count: command => counts.get(command) ?? 0,
    cut,
    close: async () => {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}
