import './sdk-timers.js'

export type { Counts, EntityOptions, Faults, HeldMessage, NewMessage, TestBroker } from './broker.js'
export { startTestBroker } from './start.js'
