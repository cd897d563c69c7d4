import { explain } from 'crawl-ledger'
import {
  checkLog,
  checkViews,
  isRepaired,
  type LogReport,
  type Telling,
  type ViewsReport,
} from '../checks.js'
import { Interrupted, interruptible } from '../interruption.js'
import { count, counted, outputOf } from '../output.js'
import { progressBar } from '../progress-bar.js'
import { type Common, optionsOf, withStore, withStoreToWrite } from '../store.js'

export interface VerifyCommand extends Common {
  readonly repair?: boolean
  readonly memory?: number
}

/** What `--json` prints: what could not be checked is null, and `error` says why where it failed. */
interface Report {
  log: LogReport | null
  views: ViewsReport | null
}

/** The figures of the views, and what to do. */
const conclusion = (
  { documents, findings }: ViewsReport,
  sound: boolean,
  repair: boolean,
): readonly string[] => {
  if (findings.some(({ kind }) => kind === 'other-version' || kind === 'unfinished-swap')) return []
  const repaired = findings.filter(isRepaired).length
  const wrong = findings.length > repaired
  return [
    findings.length === 0
      ? `${count(documents)} documents are what the log says.`
      : `${counted(documents, 'document')} checked: ${counted(findings.length, 'finding')}${repair ? `, ${count(repaired)} repaired` : ''}.`,
    ...(wrong && !sound
      ? ['They were compared with the log as it is now, which is not sound: the views may be what is right.']
      : []),
    ...(wrong && sound && !repair ? ['Rewrite just these: crawl-replay verify --repair'] : []),
  ]
}

/** The log first: views are repaired from it only where it is sound. Gives the exit code. */
const check = async (command: VerifyCommand, report: Report, telling: Telling): Promise<number> => {
  const { repair = false, memory } = command
  const { auditKey } = optionsOf(command)
  const { say } = telling
  const withIt = repair ? withStoreToWrite : withStore
  return withIt(command, async ({ store, name }) => {
    const log = await checkLog(store, name, auditKey, telling)
    report.log = log
    const sound = log.findings.length === 0
    if (!sound && repair) say('Views are not repaired from a log that is not sound. Restore the log first.')
    if (log.findings.some(({ kind }) => kind === 'unreadable' || kind === 'misplaced')) {
      say('The views are not checked, for not every commit of the log can be read.')
      return 1
    }
    const views = await checkViews(store, { memory, repair: sound && repair }, telling)
    report.views = views
    for (const sentence of conclusion(views, sound, repair)) say(sentence)
    return sound && views.findings.every(isRepaired) ? 0 : 1
  })
}

/** With `--json` there is one object, also where it fails. */
export const verify = async (command: VerifyCommand): Promise<number> => {
  const output = outputOf(command.json === true)
  const bar = progressBar(output.json, '{state} {bar} {value}/{total} commits')
  const report: Report = { log: null, views: null }
  try {
    const code = await interruptible('Stopped before all was checked.', signal =>
      check(command, report, {
        say: text => {
          bar?.stop()
          output.say(text)
        },
        onProgress:
          state =>
          ({ done, total }) => {
            signal.throwIfAborted()
            bar?.show(done, total, { state })
          },
      }),
    )
    output.object(report)
    return code
  } catch (error) {
    output.object({ ...report, error: error instanceof Interrupted ? error.message : explain(error) })
    throw error
  } finally {
    bar?.stop()
  }
}
