import { DEFAULT_NAMESPACE } from '../core/function-name.ts'

/**
 * The schema, a step per version: step N brings a registry of version N to N + 1, in one transaction. Released steps never change.
 * Times are milliseconds since the epoch.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE namespace (
    name        TEXT PRIMARY KEY,
    labels      TEXT NOT NULL DEFAULT '{}',
    annotations TEXT NOT NULL DEFAULT '{}',
    created_at  INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO namespace (name, created_at) VALUES ('${DEFAULT_NAMESPACE}', 0);

  -- body is what the client sent, byte for byte; spec is what was read from it.
  CREATE TABLE function (
    namespace   TEXT NOT NULL REFERENCES namespace (name),
    name        TEXT NOT NULL,
    body        TEXT NOT NULL,
    spec        TEXT NOT NULL,
    replicas    INTEGER NOT NULL CHECK (replicas >= 0),
    revision    INTEGER NOT NULL,
    artifact    TEXT,
    -- Calls answered, saved now and then: a figure for people, not an account.
    invocations INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (namespace, name)
  ) STRICT, WITHOUT ROWID;

  -- Revisions are never used twice, so that a container of a removed function is not taken for one of its successor.
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO counter (name, value) VALUES ('revision', 0);

  -- value is sealed with the key file beside the registry: never a plain byte here.
  CREATE TABLE secret (
    namespace   TEXT NOT NULL REFERENCES namespace (name),
    name        TEXT NOT NULL,
    value       BLOB NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (namespace, name)
  ) STRICT, WITHOUT ROWID;
  `,
]
