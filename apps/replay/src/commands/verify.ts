import { crawl } from '@crawl-ledger/domain'
import { verifyLog, verifyViews } from '@crawl-ledger/projector'
import { count, outputOf } from '../output.js'
import { type Common, optionsOf, withStore } from '../store.js'

export interface VerifyCommand extends Common {
  readonly repair?: boolean
  readonly memory?: number
}

/** The log first: views are repaired from it only where it is sound. */
export const verify = async (command: VerifyCommand): Promise<number> => {
  const output = outputOf(command.json === true)
  const { auditKey } = optionsOf(command)
  return withStore(command, async ({ store, name }) => {
    const log = verifyLog(store, { projection: crawl, ...(auditKey === undefined ? {} : { auditKey }) })
    const ofLog = []
    for await (const finding of log.findings) {
      ofLog.push(finding)
      output.say(`log ${finding.partition}:${finding.position} ${finding.kind}: ${finding.message}`)
    }
    const sound = ofLog.length === 0
    const { commits, events, voids, without } = log.summary()
    output.say(
      `${name}: ${count(commits)} commits, ${count(events)} events and ${count(voids)} filled holes are ` +
        `${sound ? 'as they were written' : `checked, ${count(ofLog.length)} findings`}.`,
    )
    for (const sentence of without) output.say(`  Not known: ${sentence}`)
    if (!sound && command.repair === true)
      output.say('Views are not repaired from a log that is not sound. Restore the log first.')
    const views = verifyViews(store, crawl, {
      repair: sound && command.repair === true,
      ...(command.memory === undefined ? {} : { memoryMb: command.memory }),
    })
    const ofViews = []
    // Of commits that cannot be read the views cannot be folded: the log's findings say so already.
    if (!ofLog.some(({ kind }) => kind === 'unreadable'))
      for await (const finding of views.findings) {
        ofViews.push(finding)
        const state = finding.repaired === true ? ' (repaired)' : ''
        output.say(`${finding.view} ${finding.id} ${finding.kind}${state}: ${finding.message}`)
      }
    const wrong = ofViews.filter(({ repaired }) => repaired !== true)
    const { documents } = views.summary()
    output.say(
      `${count(documents)} documents ${ofViews.length === 0 ? 'are what the log says.' : `checked, ${count(ofViews.length)} findings.`}`,
    )
    if (wrong.length > 0 && sound && command.repair !== true)
      output.say('Rewrite just these: crawl-replay verify --repair')
    output.object({ log: { ...log.summary(), findings: ofLog }, views: { documents, findings: ofViews } })
    return sound && wrong.length === 0 ? 0 : 1
  })
}
