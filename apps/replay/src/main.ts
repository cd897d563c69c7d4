#!/usr/bin/env node
import { Interrupted } from './interruption.js'
import { program, usageCode } from './program.js'
import { UsageError } from './usage.js'

// Who reads what is printed has enough of it, as `head` has after ten lines.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

const main = async (): Promise<number> => {
  let code = 0
  try {
    await program(done => {
      code = done
    }).parseAsync()
    return code
  } catch (error) {
    const usage = usageCode(error)
    // commander has said its own errors already.
    if (error instanceof UsageError) process.stderr.write(`${error.message}\n`)
    if (usage !== undefined) return usage
    if (error instanceof Interrupted) {
      process.stderr.write(`${error.message}\n`)
      return 1
    }
    const { ConfigurationError, explain } = await import('crawl-ledger')
    process.stderr.write(`${explain(error)}\n`)
    return error instanceof ConfigurationError ? 2 : 1
  }
}

process.exitCode = await main()
