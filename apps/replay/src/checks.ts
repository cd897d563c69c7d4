import { crawl } from '@crawl-ledger/domain'
import type { Store } from '@crawl-ledger/log'
import {
  type LogFinding,
  type LogSummary,
  type Progress,
  ProjectionOutdated,
  RebuildNeeded,
  SwapUnfinished,
  type ViewFinding,
  verifyLog,
  verifyViews,
} from '@crawl-ledger/projector'
import { counted } from './output.js'

/** What is said while it works. */
export interface Telling {
  readonly say: (text: string) => void
  readonly onProgress: (state: string) => (progress: Progress) => void
}

export interface LogReport extends Omit<LogSummary, 'findings'> {
  readonly findings: readonly LogFinding[]
}

/** Views that another version of the projection made cannot be compared: that is the one finding then. */
type Finding = ViewFinding | { readonly kind: 'other-version' | 'unfinished-swap'; readonly message: string }

export interface ViewsReport {
  readonly documents: number
  readonly findings: readonly Finding[]
}

export const isRepaired = (finding: Finding): boolean => 'repaired' in finding && finding.repaired === true

/** Whether the log is as it was written. */
export const checkLog = async (
  store: Store,
  name: string,
  auditKey: string | undefined,
  { say, onProgress }: Telling,
): Promise<LogReport> => {
  const log = verifyLog(store, {
    projection: crawl,
    onProgress: onProgress('checking the log'),
    ...(auditKey === undefined ? {} : { auditKey }),
  })
  const findings: LogFinding[] = []
  for await (const finding of log.findings) {
    findings.push(finding)
    say(`log, ${finding.kind}: ${finding.message}`)
  }
  const { commits, events, voids, without } = log.summary()
  say(
    `${name}: ${counted(commits, 'commit')}, ${counted(events, 'event')} and ${counted(voids, 'filled hole')} are ` +
      `${findings.length === 0 ? 'as they were written' : `checked: ${counted(findings.length, 'finding')}`}.`,
  )
  for (const sentence of without) say(`  Not known: ${sentence}`)
  if (commits > 0 && findings.filter(({ kind }) => kind === 'changed').length === commits)
    say(
      `Not one commit fits. ${
        auditKey === undefined
          ? 'The log was probably written with an AUDIT_KEY: give it in the environment.'
          : 'AUDIT_KEY is probably not the one that the log was written with, or there was none.'
      }`,
    )
  return { ...log.summary(), findings }
}

/** Whether the views are what the log says. */
export const checkViews = async (
  store: Store,
  { memory, repair }: { readonly memory?: number | undefined; readonly repair: boolean },
  { say, onProgress }: Telling,
): Promise<ViewsReport> => {
  const views = verifyViews(store, crawl, {
    repair,
    onProgress: onProgress('checking the views'),
    ...(memory === undefined ? {} : { memoryMb: memory }),
  })
  const findings: Finding[] = []
  const add = (finding: Finding): void => {
    findings.push(finding)
    say(`view, ${finding.kind}${isRepaired(finding) ? ' (repaired)' : ''}: ${finding.message}`)
  }
  try {
    for await (const finding of views.findings) add(finding)
  } catch (error) {
    if (error instanceof SwapUnfinished) add({ kind: 'unfinished-swap', message: error.message })
    else if (error instanceof RebuildNeeded || error instanceof ProjectionOutdated)
      add({ kind: 'other-version', message: error.message })
    else throw error
  }
  return { documents: views.summary().documents, findings }
}
