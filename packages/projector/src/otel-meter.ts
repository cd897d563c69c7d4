import { meter, secondsBounds } from '@crawl-ledger/log'
import type { ProjectorMeter } from './meter.js'

/** Counts and times a projector's work by OpenTelemetry; without an SDK it does nothing. */
export const otelMeter = (): ProjectorMeter => {
  const instruments = meter()
  const counter = (name: string, unit: string, description: string) =>
    instruments.createCounter(`crawl_ledger.projector.${name}`, { description, unit })
  const batches = counter('batches', '{batch}', 'Batches that were folded and written.')
  const commits = counter('commits', '{commit}', 'Commits that were folded.')
  const conflicts = counter(
    'conflicts',
    '{batch}',
    'Batches that were given up since somebody else had written.',
  )
  const quarantined = counter(
    'quarantined',
    '{failure}',
    'Documents and partitions that were held back since a commit could not be folded.',
  )
  const stages = instruments.createHistogram('crawl_ledger.projector.stage.duration', {
    description: 'How long the stages of a batch took: read, load, fold, write.',
    unit: 's',
    advice: { explicitBucketBoundaries: [...secondsBounds] },
  })
  return {
    timed: async (stage, work) => {
      const start = performance.now()
      try {
        return await work()
      } finally {
        stages.record((performance.now() - start) / 1000, { 'crawl_ledger.stage': stage })
      }
    },
    batch: (folded, failures) => {
      batches.add(1)
      commits.add(folded)
      if (failures.length > 0) quarantined.add(failures.length)
    },
    conflict: () => conflicts.add(1),
  }
}
