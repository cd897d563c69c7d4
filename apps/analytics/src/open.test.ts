import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { openLedger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('the ledger that analytics answers from')

test('it may be one that this user may only read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-analytics-'))
  const path = join(folder, 'a.db')
  try {
    const ledger = await openLedger({ store: `sqlite:${path}` })
    try {
      const context = { locationId: 'l', batchId: 'b', stage: 'find-location' }
      await ledger.handle({ type: 'new_batch', context, payload: { locationId: 'l' } })
      await ledger.caughtUp()
      for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o444)
      chmodSync(folder, 0o555)
      const child = fileURLToPath(new URL('open.child.test-kit.ts', import.meta.url))
      const running = spawn(process.execPath, ['--import', 'tsx', child, `sqlite:${path}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [out] = await Promise.all([text(running.stdout), once(running, 'close')])
      assert.is(JSON.parse(out).activeWorkflows, 1)
    } finally {
      await ledger.close()
    }
  } finally {
    chmodSync(folder, 0o755)
    rmSync(folder, { recursive: true })
  }
})

test.run()
