import { setTimeout as sleep } from 'node:timers/promises'
import { openLedger } from 'crawl-ledger'

// One of several servers in processes of their own: claims what is open in any stage and reports it done, for ever.
const { STORE = '', SERVER = '', STAGES = '' } = process.env
const ledger = await openLedger({ store: STORE, server: SERVER, project: false })

let stopped = false
process.on('SIGTERM', () => {
  stopped = true
})

const worked = async (stage: string): Promise<number> => {
  const claims = await ledger.work.claim({ stage, leaseMs: 2000, max: 40 })
  await Promise.all(claims.map(claim => ledger.work.complete(claim, { by: SERVER })))
  return claims.length
}

while (!stopped) {
  let count = 0
  for (const stage of STAGES.split(',')) count += await worked(stage)
  if (count === 0) await sleep(50)
}
await ledger.close()
