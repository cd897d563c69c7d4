export { type MongoOptions, openMongo } from './open.js'
