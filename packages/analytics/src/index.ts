export type { Figures } from './figures.js'
export type { Health } from './health.js'
export { type AnalyticsOptions, analyticsServer } from './server.js'
export { usableToken } from './token.js'
