import { crawl } from '@crawl-ledger/domain'
import {
  type PartitionStatus,
  ProjectionOutdated,
  type ProjectionStatus,
  projectionStatus,
  RebuildNeeded,
} from '@crawl-ledger/projector'
import { count, outputOf } from '../output.js'
import { type Common, withStore } from '../store.js'
import { table } from '../table.js'

/** What is to be done where this program and the views are of different versions. */
const versions = ({ version, next }: ProjectionStatus): string | undefined => {
  if (version > crawl.version) return new ProjectionOutdated(crawl.name, version, crawl.version).message
  if (version === crawl.version || next?.version === crawl.version) return undefined
  return new RebuildNeeded(crawl.name, version, crawl.version).message
}

/** What the figures mean, in one sentence, and what to do. */
export const verdict = (status: ProjectionStatus): string => {
  const { partitions } = status
  const mixed = versions(status)
  if (mixed !== undefined) return mixed
  const stopped = partitions.find(partition => partition.stopped !== undefined)
  if (stopped !== undefined)
    return `Partition ${stopped.partition} is stopped: crawl-replay quarantine show ${stopped.partition}:${stopped.stopped?.position}`
  if (partitions.some(({ held }) => held.length > 0))
    return 'Documents are held back: crawl-replay quarantine list'
  const ahead = partitions.find(({ position, tail }) => position > tail)
  if (ahead !== undefined)
    return (
      `The views hold partition ${ahead.partition} up to position ${ahead.position}, and the log ends at ${ahead.tail}: ` +
      'it was cut off, or restored from a copy older than the views. Find out what is missing (crawl-replay verify), ' +
      'and build the views anew from what there is: crawl-replay rebuild'
    )
  const lag = partitions.reduce((sum, { lagCommits }) => sum + lagCommits, 0)
  if (lag === 0) return 'All is folded.'
  return partitions.some(({ owner }) => owner !== undefined)
    ? `${count(lag)} commits are to be folded.`
    : `${count(lag)} commits are to be folded, and no worker holds a partition: start one (npx -y pnpm@12 projector), or a service with project: true.`
}

/** Whether it will not go on by itself. */
const needsSomebody = ({ held, stopped, position, tail }: PartitionStatus): boolean =>
  held.length > 0 || stopped !== undefined || position > tail

const rowOf = ({
  partition,
  position,
  tail,
  lagCommits,
  lagSeconds,
  owner,
  held,
  stopped,
}: PartitionStatus) => [
  partition,
  count(position),
  count(tail),
  count(lagCommits),
  lagSeconds.toFixed(0),
  owner ?? '',
  held.length,
  stopped === undefined ? '' : `at ${stopped.position}`,
]

export const status = async (common: Common): Promise<number> => {
  const output = outputOf(common.json === true)
  const { found, name } = await withStore(common, async ({ store, name }) => ({
    found: await projectionStatus(store, crawl),
    name,
  }))
  const { next } = found
  output.object({ store: name, ...found })
  output.say(`${name}: projection ${found.projection}, version ${found.version}, build ${found.build}`)
  if (next !== undefined)
    output.say(
      `  build ${next.build} is ${next.state} since ${next.startedAt}, ${count(next.folded)} commits folded`,
    )
  output.say(`  workers alive: ${found.workers.length === 0 ? 'none' : found.workers.join(', ')}`)
  const head = [
    'partition',
    'position',
    'log ends at',
    'behind',
    'seconds',
    'held by',
    'held back',
    'stopped',
  ]
  output.say(table(head, found.partitions.map(rowOf)))
  output.say(verdict(found))
  return versions(found) !== undefined || found.partitions.some(needsSomebody) ? 1 : 0
}
