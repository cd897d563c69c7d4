import { type ViewName, viewNames } from '@crawl-ledger/domain'

/** The table of one view, under its plain name or beside it. */
export const viewTable = (view: ViewName, table: string = view): string => `
CREATE TABLE IF NOT EXISTS "${table}" (
  id TEXT PRIMARY KEY,
  v INTEGER NOT NULL,
  position INTEGER NOT NULL,
  body TEXT NOT NULL
) WITHOUT ROWID;
`

/** What says how the rest was made: looked at before anything else is touched. */
export const ledgerSchema = `
CREATE TABLE IF NOT EXISTS ledger (
  id TEXT PRIMARY KEY CHECK (id = 'ledger'),
  format INTEGER NOT NULL,
  partitions INTEGER NOT NULL,
  audit TEXT
);
`

// The same keys as in every store: a position once, a stream's version once, a message's id once in a stream.
export const schema = `
CREATE TABLE IF NOT EXISTS events (
  partition INTEGER NOT NULL,
  position INTEGER NOT NULL,
  stream TEXT NOT NULL,
  version INTEGER NOT NULL,
  prev TEXT NOT NULL,
  hash TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (partition, position),
  UNIQUE (partition, stream, version)
);
CREATE TABLE IF NOT EXISTS messages (
  partition INTEGER NOT NULL,
  stream TEXT NOT NULL,
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (partition, stream, id)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS events_are_not_updated BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER IF NOT EXISTS events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TABLE IF NOT EXISTS checkpoints (
  projection TEXT NOT NULL,
  partition INTEGER NOT NULL,
  position INTEGER NOT NULL,
  hash TEXT NOT NULL,
  digest TEXT NOT NULL,
  revision INTEGER NOT NULL,
  trouble TEXT NOT NULL,
  PRIMARY KEY (projection, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS projections (
  projection TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  until REAL NOT NULL
) WITHOUT ROWID;
${viewNames.map(view => viewTable(view)).join('\n')}
`
