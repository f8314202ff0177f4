import type { Schema } from '../schema.ts'

/**
 * The file of asynchronous calls, apart from the registry: it is written with every call, and when it is lost,
 * the calls themselves are not.
 */
export const CALL_SCHEMA: Schema = {
  migrations: [
    `
    -- Times are milliseconds since the epoch; 0: not yet. A call is what was accepted, until some time after its end.
    CREATE TABLE call (
      id              TEXT PRIMARY KEY,
      call_id         TEXT NOT NULL,
      namespace       TEXT NOT NULL,
      name            TEXT NOT NULL,
      queue           TEXT NOT NULL,
      state           TEXT NOT NULL,
      attempts        INTEGER NOT NULL DEFAULT 0,
      deferrals       INTEGER NOT NULL DEFAULT 0,
      sequence        INTEGER NOT NULL DEFAULT 0,
      enqueued_at     INTEGER NOT NULL,
      started_at      INTEGER NOT NULL DEFAULT 0,
      finished_at     INTEGER NOT NULL DEFAULT 0,
      next_at         INTEGER NOT NULL DEFAULT 0,
      expires_at      INTEGER NOT NULL,
      status          INTEGER NOT NULL DEFAULT 0,
      error           TEXT NOT NULL DEFAULT '',
      duration_ms     REAL NOT NULL DEFAULT 0,
      reason          TEXT,
      callback        TEXT,
      result_file     TEXT NOT NULL DEFAULT '',
      result_head     TEXT NOT NULL DEFAULT '',
      idempotency_key TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX call_by_call_id ON call (call_id);
    -- Without dead letters, which stay longest: whoever looks for the oldest would pass over all of them each time.
    CREATE INDEX call_by_end ON call (finished_at) WHERE finished_at > 0 AND state NOT IN ('dead', 'expired');
    CREATE INDEX call_open ON call (sequence) WHERE finished_at = 0;
    CREATE INDEX call_dead ON call (id) WHERE state IN ('dead', 'expired');
    CREATE UNIQUE INDEX call_by_key ON call (namespace, name, idempotency_key) WHERE idempotency_key IS NOT NULL;

    CREATE TABLE attempt (
      id          TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
      attempt     INTEGER NOT NULL,
      started_at  INTEGER NOT NULL,
      duration_ms REAL NOT NULL,
      status      INTEGER NOT NULL,
      error       TEXT NOT NULL,
      PRIMARY KEY (id, attempt)
    ) STRICT, WITHOUT ROWID;

    -- Those that are not as queues are usually.
    CREATE TABLE queue (
      name        TEXT PRIMARY KEY,
      is_paused   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO queue (name, is_paused) VALUES ('', 0);
    `,
    `
    CREATE INDEX call_later ON call (queue, namespace, name, next_at) WHERE finished_at = 0 AND next_at > 0;
    `,
  ],
  touch: `UPDATE queue SET is_paused = is_paused WHERE name = ''`,
  firstErasingVersion: 0,
  keepsCopies: false,
  // What is still to do is in the streams. After a pulled plug a call may be made once more, never less.
  synchronous: 'NORMAL',
}
