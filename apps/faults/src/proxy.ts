import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Chance } from './chance.js'
import { whenOver } from './over.js'

/** A line to a server that breaks now and then, in the middle of answers, and is slow now and then. */
export const badLine = async (port: number, chance: Chance) => {
  const sockets = new Set<Socket>()
  let bad = true
  let cuts = 0
  const server = createServer(near => {
    const far = connect(port, '127.0.0.1')
    // So much of what the server answers comes through, and then nothing more.
    let left = bad ? Math.floor(chance.between(500, 12_000)) : Number.POSITIVE_INFINITY
    const end = (): void => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.once('close', () => {
        sockets.delete(socket)
        end()
      })
      socket.on('error', () => {})
    }
    near.pipe(far)
    far.on('data', data => {
      if (data.length >= left) {
        cuts += 1
        near.write(data.subarray(0, left), end)
        return
      }
      left -= data.length
      if (chance.between(0, 30) >= 1) {
        near.write(data)
        return
      }
      far.pause()
      setTimeout(
        () => {
          near.write(data)
          far.resume()
        },
        chance.between(0, 50),
      )
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  whenOver(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cuts: () => cuts,
    /** From now on it is a good one. */
    mend: () => {
      bad = false
    },
  }
}
