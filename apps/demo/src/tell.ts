import type { Ledger } from 'crawl-ledger'
import { askAnalytics, type Served } from './analytics.js'
import { clean, type Output, wrapped } from './output.js'
import { count, historyTable, locationsTable, plural, totalsLine } from './report.js'
import type { Ran } from './run.js'
import { pickWorkflow, readStory } from './story.js'
import type { LocationRow, Totals } from './totals.js'
import { sample, shownPath, whereIsIt } from './where.js'

const widest = 100

/** A paragraph, broken where the reader's line ends. */
const say = (output: Output, text: string): void =>
  output.say(wrapped(text, Math.min(output.columns, widest)))

const part = (output: Output, title: string): void => {
  output.say()
  say(output, title)
}

/** @param before the totals that the store has already; undefined where it is new */
export const beginning = (
  output: Output,
  from: string | undefined,
  store: string,
  before: Totals | undefined,
): void => {
  say(output, 'crawl-ledger: the messages of a crawl become events in a log, and the log becomes views.')
  output.say()
  output.say(`  messages  ${from ?? `${shownPath(sample)} (a small sample)`}`)
  output.say(`  store     ${store} (${before === undefined ? 'new' : 'used before'})`)
  part(output, '1. Messages go to handlers, which append what is new in them to the log')
}

export const ingested = (output: Output, { counts, seconds }: Ran): void => {
  const rate = count(Math.round(counts.read / Math.max(seconds.ingest, 0.001)))
  const views =
    seconds.project < 0.01 ? 'The views kept up.' : `The views had it all ${seconds.project} s later.`
  say(
    output,
    `  ${plural(counts.read, 'message')} in ${seconds.ingest} s (${rate} a second): ${count(counts.recorded)} recorded, ` +
      `${plural(counts.duplicate, 'duplicate')}, ${count(counts.unchanged)} unchanged (nothing new in them), ` +
      `${count(counts.rejected)} rejected. ${views}`,
  )
}

export const locations = (
  output: Output,
  rows: readonly LocationRow[],
  totals: Totals,
  before: Totals | undefined,
): void => {
  part(output, '2. A view: what is known of each location, folded from the log as it grew')
  if (rows.length > 0) output.say(locationsTable(rows, output.columns))
  say(output, `  ${totalsLine(totals)}.`)
  if (before === undefined) return
  const same = totalsLine(before) === totalsLine(totals)
  say(output, same ? '  This run changed no total.' : `  Before this run: ${totalsLine(before)}.`)
}

export const history = async (output: Output, ledger: Ledger): Promise<void> => {
  const workflow = await pickWorkflow(ledger.workflows)
  if (workflow === undefined) return
  const { first, leftOut, last } = await readStory(ledger.history(workflow))
  const events = plural(first.length + leftOut + last.length, 'event')
  part(output, '3. The log: how one workflow came to be what it is')
  say(
    output,
    `  ${clean(workflow.batchId)} is ${workflow.status} after ${events}. Those of one position were appended together.`,
  )
  output.say(historyTable(first, leftOut, last, output.columns))
  const middle = first.at(-1)?.position
  if (middle === undefined || middle === last.at(-1)?.position) return
  const then = await ledger.stateAt(workflow, { position: middle })
  if (then === undefined) return
  say(
    output,
    `  The log knows every state in between. After position ${count(middle)} it was ${then.status} at ` +
      `${then.progress}% with ${plural(then.items.found, 'media item')} and ${plural(then.errorCount, 'error')}.`,
  )
}

export const analytics = async (output: Output, served: Served, locationId: string): Promise<void> => {
  const { url, status, body } = await askAnalytics(served, locationId)
  part(output, '4. Analytics: what its server answers over HTTP to who has the token')
  output.say(`  GET ${url}`)
  output.say(`  ${status} ${clean(body)}`)
}

const tips = (store: string, serves: boolean): readonly (readonly [string, string])[] => [
  ...(store === 'memory:'
    ? []
    : [['the same command once more', 'every message is known by now: no total changes'] as const]),
  ['npx -y pnpm@12 demo --from FILE.jsonl.gz', 'a crawl of your own'],
  ...(serves ? [] : [['npx -y pnpm@12 demo --serve', 'leaves the analytics server up'] as const]),
  ['npx -y pnpm@12 demo --help', 'everything else'],
]

export const next = (output: Output, store: string, serves: boolean): void => {
  part(
    output,
    store === 'memory:'
      ? 'The data was kept in memory, and ends with this process.'
      : `The data lies in ${whereIsIt(store)}: the log in "events", the views in "workflows", "locations" and "media".`,
  )
  part(output, 'What to try next')
  for (const [command, why] of tips(store, serves)) {
    const line = `  ${command.padEnd(42)}${why}`
    output.say(line.length <= output.columns ? line : `  ${command}\n      ${why}`)
  }
}

export const serving = (output: Output, { url, token }: Served, locationId: string): void => {
  part(output, 'The analytics server stays up till Ctrl-C. Ask it:')
  output.say(
    `  curl -H 'Authorization: Bearer ${token}' '${url}/analytics?locationId=${encodeURIComponent(locationId)}'`,
  )
}
