import { Presets, SingleBar } from 'cli-progress'
import type { WorkflowDocument } from 'crawl-ledger'
import { isSearched } from './batch.js'
import { count } from './result.js'

export interface Progress {
  show(workflow: WorkflowDocument): void
  /** Writes something beside the progress, without the two getting mixed up. */
  aside(write: () => void): void
  stop(): void
}

const plainEveryMs = 2000

const words = (workflow: WorkflowDocument): string => {
  const { found, failing, givenUp } = workflow.items
  const failed = failing + givenUp
  return (
    `${count(found)} found${isSearched(workflow) ? '' : ' so far'}` +
    (failed === 0 ? '' : `, ${count(failed)} failed`)
  )
}

const bar = (stream: NodeJS.WriteStream): Progress => {
  const single = new SingleBar(
    { stream, format: '  {bar} {percentage}%  {words}', barsize: 24, hideCursor: true, gracefulExit: false },
    Presets.shades_classic,
  )
  single.start(100, 0, { words: 'searching' })
  return {
    show: workflow => single.update(workflow.progress, { words: words(workflow) }),
    aside: write => {
      stream.write('\r\x1b[K')
      write()
      // The bar goes back to the line it remembers when it stops: that is now this one.
      stream.write('\x1b7')
    },
    stop: () => single.stop(),
  }
}

/** A line now and then, for a file or a pipe. */
const lines = (stream: NodeJS.WriteStream): Progress => {
  let next = performance.now() + plainEveryMs
  return {
    show: workflow => {
      if (performance.now() < next) return
      next = performance.now() + plainEveryMs
      stream.write(`  ${workflow.progress}%  ${words(workflow)}\n`)
    },
    aside: write => write(),
    stop: () => {},
  }
}

const nothing: Progress = { show: () => {}, aside: write => write(), stop: () => {} }

export const startProgress = (stream: NodeJS.WriteStream | undefined): Progress =>
  stream === undefined ? nothing : stream.isTTY ? bar(stream) : lines(stream)
