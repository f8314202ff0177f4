import { DEFAULT_NAMESPACE } from '../core/functions/function-name.ts'
import type { Schema } from './schema.ts'

/**
 * The schema, a step per version: step N brings a registry of version N to N + 1, in one transaction.
 * Released steps never change. Times are milliseconds since the epoch.
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
  `
  -- Why the padding: SQLite erases what is deleted (secure_delete), but when it moves rows between the pages of a table it leaves their bytes behind
  -- in the gaps. Only the first 4061 bytes of a row lie in such a page; the rest lies in pages of its own, which are erased as a whole. So what must
  -- not outlive its row comes behind 4096 bytes of nothing. (SQLite's file format: payload of a table leaf of 4096 bytes.)
  -- Not WITHOUT ROWID: every comparison of keys would read whole rows, which may have megabytes.
  CREATE TABLE padded_function (
    namespace   TEXT NOT NULL REFERENCES namespace (name),
    name        TEXT NOT NULL,
    padding     BLOB NOT NULL DEFAULT (zeroblob(4096)),
    body        TEXT NOT NULL,
    spec        TEXT NOT NULL,
    replicas    INTEGER NOT NULL CHECK (replicas >= 0),
    revision    INTEGER NOT NULL,
    artifact    TEXT,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (namespace, name)
  ) STRICT;
  INSERT INTO padded_function (namespace, name, body, spec, replicas, revision, artifact, created_at, updated_at)
    SELECT namespace, name, body, spec, replicas, revision, artifact, created_at, updated_at FROM function;

  -- Calls answered, saved every few seconds: a figure for people, not an account. Apart, because a change of a row writes all of it anew, and that of
  -- a function may have megabytes.
  CREATE TABLE invocation (
    namespace   TEXT NOT NULL,
    name        TEXT NOT NULL,
    answered    INTEGER NOT NULL,
    PRIMARY KEY (namespace, name),
    FOREIGN KEY (namespace, name) REFERENCES padded_function (namespace, name) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  INSERT INTO invocation (namespace, name, answered) SELECT namespace, name, invocations FROM function;

  DROP TABLE function;
  -- Takes the reference with it.
  ALTER TABLE padded_function RENAME TO function;

  CREATE TABLE padded_secret (
    namespace   TEXT NOT NULL REFERENCES namespace (name),
    name        TEXT NOT NULL,
    padding     BLOB NOT NULL DEFAULT (zeroblob(4096)),
    value       BLOB NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (namespace, name)
  ) STRICT;
  INSERT INTO padded_secret (namespace, name, value, updated_at) SELECT namespace, name, value, updated_at FROM secret;
  DROP TABLE secret;
  ALTER TABLE padded_secret RENAME TO secret;
  `,
  `
  -- Whose containers this registry answers for: its own, by the id that they carry, and those of registries that it has taken over. Containers
  -- of releases that wrote no id have the empty one; a registry that has deployed something before this step made such.
  CREATE TABLE owner (
    id          TEXT PRIMARY KEY,
    is_self     INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO owner (id, is_self) VALUES (lower(hex(randomblob(16))), 1);
  INSERT INTO owner (id, is_self) SELECT '', 0 FROM counter WHERE name = 'revision' AND value > 0;
  `,
  `
  -- Which revision of a function was ever ready: the newest such.
  CREATE TABLE proof (
    namespace   TEXT NOT NULL,
    name        TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    PRIMARY KEY (namespace, name),
    FOREIGN KEY (namespace, name) REFERENCES function (namespace, name) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  -- What serves until the revision in the table of functions was ready. Padded as that one is: it has the same passwords.
  CREATE TABLE last_good (
    namespace   TEXT NOT NULL,
    name        TEXT NOT NULL,
    padding     BLOB NOT NULL DEFAULT (zeroblob(4096)),
    spec        TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    artifact    TEXT,
    PRIMARY KEY (namespace, name),
    FOREIGN KEY (namespace, name) REFERENCES function (namespace, name) ON DELETE CASCADE
  ) STRICT;
  `,
  `
  -- 1: no call is expected soon, replicas may be frozen.
  ALTER TABLE function ADD COLUMN resting INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- The revisions of each function before its newest. One that "proof" names is what serves until a newer one was ready. Padded as the table of functions
  -- is, which has the same passwords.
  CREATE TABLE revision (
    namespace   TEXT NOT NULL,
    name        TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    -- 1: it was ready once.
    was_ready   INTEGER NOT NULL,
    padding     BLOB NOT NULL DEFAULT (zeroblob(4096)),
    body        TEXT NOT NULL,
    spec        TEXT NOT NULL,
    artifact    TEXT,
    -- What kept it from being ready when it was replaced; empty: nothing that was known.
    reason      TEXT NOT NULL,
    PRIMARY KEY (namespace, name, revision),
    FOREIGN KEY (namespace, name) REFERENCES function (namespace, name) ON DELETE CASCADE
  ) STRICT;
  -- Neither its body nor when it was deployed is known: not before the function was.
  INSERT INTO revision (namespace, name, revision, created_at, was_ready, body, spec, artifact, reason)
    SELECT namespace, name, last_good.revision, created_at, 1, '', last_good.spec, last_good.artifact, ''
    FROM last_good JOIN function USING (namespace, name);
  DROP TABLE last_good;
  `,
]

/** The registry's own file. */
export const REGISTRY_SCHEMA: Schema = {
  migrations: MIGRATIONS,
  touch: `UPDATE counter SET value = value WHERE name = 'revision'`,
  firstErasingVersion: 2,
  keepsCopies: true,
  synchronous: 'FULL',
}
