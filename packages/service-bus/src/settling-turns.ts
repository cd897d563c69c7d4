import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Settlement } from './settlement.js'

/**
 * The AMQP client writes what is settled within one turn of the event loop as one frame, and does not see that the second
 * outcome differs from the first: a dead letter would be completed, or have another's reason. So only completions share
 * a turn.
 */
export class SettlingTurns {
  private current: Settlement['tag'] | undefined

  /** Resolves when it is the turn of a settlement, which then must be sent without waiting for anything else. */
  async take(tag: Settlement['tag']): Promise<void> {
    while (this.current !== undefined && !(this.current === 'complete' && tag === 'complete'))
      await nextTurn()
    if (this.current !== undefined) return
    this.current = tag
    setImmediate(() => {
      this.current = undefined
    })
  }
}
