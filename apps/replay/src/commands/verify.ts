import { crawl } from '@crawl-ledger/domain'
import { verifyLog, verifyViews } from '@crawl-ledger/projector'
import { count, counted, outputOf } from '../output.js'
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
      output.say(`log, ${finding.kind}: ${finding.message}`)
    }
    const sound = ofLog.length === 0
    const { commits, events, voids, without } = log.summary()
    output.say(
      `${name}: ${counted(commits, 'commit')}, ${counted(events, 'event')} and ${counted(voids, 'filled hole')} are ` +
        `${sound ? 'as they were written' : `checked: ${counted(ofLog.length, 'finding')}`}.`,
    )
    for (const sentence of without) output.say(`  Not known: ${sentence}`)
    if (commits > 0 && ofLog.filter(({ kind }) => kind === 'changed').length === commits)
      output.say(
        `Not one commit fits. ${
          auditKey === undefined
            ? 'The log was probably written with an AUDIT_KEY: give it in the environment.'
            : 'AUDIT_KEY is probably not the one that the log was written with, or there was none.'
        }`,
      )
    if (!sound && command.repair === true)
      output.say('Views are not repaired from a log that is not sound. Restore the log first.')
    const views = verifyViews(store, crawl, {
      repair: sound && command.repair === true,
      ...(command.memory === undefined ? {} : { memoryMb: command.memory }),
    })
    const ofViews = []
    const readable = !ofLog.some(({ kind }) => kind === 'unreadable')
    if (readable)
      for await (const finding of views.findings) {
        ofViews.push(finding)
        const state = finding.repaired === true ? ' (repaired)' : ''
        output.say(`view, ${finding.kind}${state}: ${finding.message}`)
      }
    const wrong = ofViews.filter(({ repaired }) => repaired !== true)
    const { documents } = views.summary()
    if (!readable) output.say('The views are not checked, for not every event of the log can be read.')
    else if (ofViews.length === 0) output.say(`${count(documents)} documents are what the log says.`)
    else
      output.say(
        `${counted(documents, 'document')} checked: ${counted(ofViews.length, 'finding')}` +
          `${command.repair === true ? `, ${count(ofViews.length - wrong.length)} repaired` : ''}.`,
      )
    if (wrong.length > 0 && !sound)
      output.say(
        'They were compared with the log as it is now, which is not sound: the views may be what is right.',
      )
    if (wrong.length > 0 && sound && command.repair !== true)
      output.say('Rewrite just these: crawl-replay verify --repair')
    output.object({
      log: { ...log.summary(), findings: ofLog },
      views: readable ? { documents, findings: ofViews } : null,
    })
    return sound && wrong.length === 0 ? 0 : 1
  })
}
