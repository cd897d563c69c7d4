import type { Ledger } from 'crawl-ledger'
import { askAnalytics, type Served } from './analytics.js'
import type { Options } from './options.js'
import { clean, type Output } from './output.js'
import { count, historyTable, locationsTable, plural, totalsLine } from './report.js'
import type { Ran } from './run.js'
import { pickWorkflow, readStory } from './story.js'
import type { LocationRow, Totals } from './totals.js'
import { sample, shownPath } from './where.js'

const perSecond = (messages: number, seconds: number): string =>
  `${count(Math.round(messages / Math.max(seconds, 0.001)))} a second`

/** @param before the totals that the store has already; undefined where it is new */
export const beginning = (
  output: Output,
  from: string | undefined,
  store: string,
  before: Totals | undefined,
): void => {
  output.say('crawl-ledger: the messages of a crawl become events in a log, and the log becomes views.')
  output.say()
  output.say(`  messages  ${from ?? `${shownPath(sample)} (a small sample)`}`)
  output.say(`  store     ${store}${before === undefined ? ' (new)' : ' (used before)'}`)
  output.say()
  output.say('1. Messages go to handlers, which append what is new in them to the log')
}

export const ingested = (output: Output, { counts, seconds }: Ran): void => {
  output.say(
    `  ${plural(counts.read, 'message')} in ${seconds.ingest} s (${perSecond(counts.read, seconds.ingest)}): ` +
      `${count(counts.recorded)} recorded, ${count(counts.duplicate)} duplicate,`,
  )
  output.say(
    `  ${count(counts.unchanged)} unchanged (nothing new in them), ${count(counts.rejected)} rejected. ` +
      `The views had it all ${seconds.project} s later.`,
  )
}

export const locations = (
  output: Output,
  rows: readonly LocationRow[],
  totals: Totals,
  before: Totals | undefined,
): void => {
  output.say()
  output.say('2. A view: what is known of each location, folded from the log as it grew')
  if (rows.length > 0) output.say(locationsTable(rows, output.columns))
  output.say(`  ${totalsLine(totals)}.`)
  if (before === undefined) return
  const same = totalsLine(before) === totalsLine(totals)
  output.say(same ? '  This run changed no total.' : `  Before this run: ${totalsLine(before)}.`)
}

export const history = async (output: Output, ledger: Ledger): Promise<void> => {
  const workflow = await pickWorkflow(ledger.workflows)
  if (workflow === undefined) return
  const { first, leftOut, last } = await readStory(ledger.history(workflow._id))
  const events = plural(first.length + leftOut + last.length, 'event')
  output.say()
  output.say('3. The log: how one workflow came to be what it is')
  output.say(`  ${clean(workflow._id)} is ${workflow.status} after ${events}:`)
  output.say(historyTable(first, leftOut, last, output.columns))
  const middle = first.at(-1)
  const then = middle && (await ledger.stateAt(workflow._id, { position: middle.position }))
  if (middle === undefined || then === undefined) return
  output.say(
    `  As it was at position ${count(middle.position)}: ${then.status}, ${then.progress}%, ` +
      `${plural(then.mediaItems, 'media item')}, ${plural(then.errorCount, 'error')}.`,
  )
}

export const analytics = async (output: Output, served: Served, locationId: string): Promise<void> => {
  const { url, status, body } = await askAnalytics(served, locationId)
  output.say()
  output.say('4. Analytics: what its server answers over HTTP to who has the token')
  output.say(`  GET ${url}`)
  output.say(`  ${status} ${clean(body)}`)
}

/** The same command again, as it can be typed. */
const typed = ({ from, store }: Options): string =>
  ['npx -y pnpm@12 demo', from && `--from ${from}`, store && `--store ${store}`].filter(Boolean).join(' ')

export const next = (output: Output, store: string, options: Options): void => {
  output.say()
  output.say(`The data lies in ${store}: the log is \`events\`, the views are`)
  output.say('`workflows`, `locations` and `media`. What to try next:')
  output.say(`  ${typed(options)}`)
  output.say('      again: every message is known by now, so no total changes')
  output.say('  npx -y pnpm@12 demo --from FILE.jsonl.gz')
  output.say('      a crawl of your own')
  if (!options.serve) {
    output.say('  npx -y pnpm@12 demo --serve')
    output.say('      leaves the analytics server up, to be asked with curl')
  }
  output.say('  npx -y pnpm@12 demo --help')
}

export const serving = (output: Output, { url, token }: Served, locationId: string): void => {
  output.say()
  output.say('The analytics server stays up till Ctrl-C. Ask it:')
  output.say(
    `  curl -H 'Authorization: Bearer ${token}' '${url}/analytics?locationId=${encodeURIComponent(locationId)}'`,
  )
}
