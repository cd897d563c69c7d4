import { explain } from 'crawl-ledger'
import { Ending } from 'crawl-ledger/ending'
import { crawl } from './crawl.js'
import { help, readCommand } from './options.js'
import { processOutput } from './output.js'
import { Refused } from './store-away.js'
import { Trouble } from './trouble.js'

const sentence = (error: unknown): string =>
  error instanceof Trouble || error instanceof Refused ? error.message : explain(error)

const main = async (): Promise<number> => {
  const command = readCommand(process.argv.slice(2))
  const output = processOutput(command.kind === 'crawl' && command.options.json)
  if (command.kind === 'help') {
    output.say(help)
    return 0
  }
  if (command.kind === 'wrong') {
    output.warn(command.why)
    return 2
  }
  try {
    if (command.kind === 'serve') {
      // Loaded where it is needed: what talks to the broker is large.
      const { runService } = await import('./service.js')
      await runService(command.options, process.env)
      return 0
    }
    const ending = new Ending({ log: { info: () => {}, warn: output.warn } })
    try {
      return await crawl(command.options, { env: process.env, output, signal: ending.signal })
    } finally {
      await ending.close()
    }
  } catch (error) {
    output.warn(sentence(error))
    return 1
  }
}

// `crawl | head` closes the pipe: there is nobody left to tell.
process.stdout.on('error', () => process.exit(0))

process.exit(await main())
