import { crawl } from './crawl.js'
import { usualPace } from './crawler.js'
import { usualLimits } from './limits.js'
import { readCommand } from './options.js'
import { processOutput } from './output.js'

// For the tests: the command, with claims that end soon after their process, and Ctrl-C as in main.ts.
const command = readCommand(process.argv.slice(2))
if (command.kind !== 'crawl') throw new Error('the tests only crawl')
const stop = new AbortController()
process.on('SIGINT', () => stop.abort())
process.exitCode = await crawl(command.options, {
  env: {},
  output: processOutput(command.options.json),
  signal: stop.signal,
  pace: { ...usualPace, claimMs: 1000 },
  limits: { ...usualLimits, retryPauseMs: 1 },
})
