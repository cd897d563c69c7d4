import type { FoldFailure, ProjectorMeter, Stage } from '@crawl-ledger/projector'
import { Counter, Histogram, type Registry } from 'prom-client'

const counters = {
  batches: 'Batches that were folded and written.',
  commits: 'Commits that were folded.',
  conflicts: 'Batches that were given up since somebody else had written.',
  quarantined: 'Documents and partitions that were held back since a commit could not be folded.',
} as const

/** Counts and times a projector's work for Prometheus. `onFailures` is told what was held back. */
export const prometheusMeter = (
  registry: Registry,
  onFailures: (failures: readonly FoldFailure[]) => void = () => {},
): ProjectorMeter => {
  const counter = (name: keyof typeof counters): Counter =>
    new Counter({
      name: `crawl_ledger_projector_${name}_total`,
      help: counters[name],
      registers: [registry],
    })
  const batches = counter('batches')
  const commits = counter('commits')
  const conflicts = counter('conflicts')
  const quarantined = counter('quarantined')
  const stages = new Histogram({
    name: 'crawl_ledger_projector_stage_seconds',
    help: 'How long the stages of a batch took: read, load, fold, write.',
    labelNames: ['stage'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  for (const stage of ['read', 'load', 'fold', 'write'] satisfies Stage[]) stages.zero({ stage })
  return {
    timed: async (stage, work) => {
      const end = stages.startTimer({ stage })
      try {
        return await work()
      } finally {
        end()
      }
    },
    batch: (folded, failures) => {
      batches.inc()
      commits.inc(folded)
      if (failures.length === 0) return
      quarantined.inc(failures.length)
      onFailures(failures)
    },
    conflict: () => conflicts.inc(),
  }
}
