import { openLedger } from 'crawl-ledger'
import type { Message } from './crawl.js'

// A crawler service in a process of its own: takes messages from its parent one after the other in each workflow, and
// tells which have a receipt that means they are kept.
const { STORE = '', SPOOL } = process.env
const ledger = await openLedger({
  store: STORE,
  project: false,
  retryForMs: 1000,
  ...(SPOOL === undefined ? {} : { spool: SPOOL }),
})

process.on('message', (message: Message | 'status') => {
  if (message === 'status') {
    process.send?.({ waiting: ledger.spool?.status().messages ?? 0 })
    return
  }
  void ledger.handle(message).then(({ outcome }) => process.send?.({ id: message.id, outcome }))
})
process.send?.({ ready: true })
