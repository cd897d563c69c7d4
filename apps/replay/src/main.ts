import { program, usageCode } from './program.js'
import { UsageError } from './usage.js'

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
    const { explain } = await import('crawl-ledger')
    process.stderr.write(`${explain(error)}\n`)
    return 1
  }
}

process.exitCode = await main()
