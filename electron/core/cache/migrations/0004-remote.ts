/** Accounts of the service, what it last said of datasets and images, and what it has not been told yet. */
export const remote = `
CREATE TABLE account (
  id TEXT PRIMARY KEY,
  base_url TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  organization TEXT NOT NULL,
  tier TEXT,
  hourly_limit INTEGER,
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE remote_dataset (
  dataset_id TEXT PRIMARY KEY REFERENCES dataset (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL REFERENCES account (id),
  remote_id TEXT NOT NULL,
  is_archived INTEGER NOT NULL DEFAULT 0,
  is_cold INTEGER NOT NULL DEFAULT 0,
  -- Its classes as the service last had them.
  class_base TEXT NOT NULL DEFAULT '[]',
  listed_at_ms INTEGER,
  -- A person paused the fetching of what is to be here without a network.
  is_paused INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account_id, remote_id)
) STRICT;

CREATE TABLE remote_image (
  image_id TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  dataset_id TEXT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  remote_id TEXT NOT NULL,
  -- The annotations as the service last had them: the common ancestor of a merge. NULL: never read.
  base TEXT,
  -- What was being told when the answer did not come: the service has it, or not.
  sent TEXT,
  sent_key TEXT,
  read_at_ms INTEGER NOT NULL DEFAULT 0,
  server_count INTEGER NOT NULL DEFAULT 0,
  -- The count that the base was read under: another one in a listing means that it is out of date.
  base_count INTEGER,
  stage TEXT NOT NULL,
  split TEXT,
  tags TEXT NOT NULL,
  -- When one of the three was last told: a list asked for before that is older than it.
  told_at_ms INTEGER NOT NULL DEFAULT 0,
  thumbnail_url TEXT,
  -- Bytes of the file on this disk; NULL: it is not here.
  cached_bytes INTEGER,
  used_at_ms INTEGER NOT NULL DEFAULT 0,
  -- Asked for to be here without a network: never evicted.
  is_kept INTEGER NOT NULL DEFAULT 0,
  -- JSON: what a merge could not decide.
  conflicts TEXT,
  UNIQUE (dataset_id, remote_id)
) STRICT;
CREATE INDEX remote_image_cached ON remote_image (used_at_ms) WHERE cached_bytes IS NOT NULL;

-- What the service has not been told yet; a row goes when it has. One row an image and kind.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id TEXT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  image_id TEXT REFERENCES image (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('annotations', 'stage', 'split', 'tags', 'classes', 'comment')),
  payload TEXT,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'failed', 'conflict')),
  -- Raised by each edit: a push that began before it does not take the row away.
  version INTEGER NOT NULL DEFAULT 1,
  -- Of this version, so that it survives a crash.
  idempotency_key TEXT NOT NULL,
  problem TEXT,
  request_id TEXT,
  queued_at_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX outbox_image ON outbox (image_id, kind) WHERE kind NOT IN ('classes', 'comment');
CREATE INDEX outbox_by_image ON outbox (image_id, kind);
CREATE INDEX outbox_dataset ON outbox (dataset_id, state);

-- What somebody decided on conflicts, so that undo can open them again.
CREATE TABLE decision (
  commit_id TEXT PRIMARY KEY,
  image_id TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  conflicts TEXT NOT NULL
) STRICT;

-- What was pushed, for the person to see; the last few.
CREATE TABLE push_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id TEXT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  image_id TEXT REFERENCES image (id) ON DELETE CASCADE,
  message TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE comment (
  id TEXT PRIMARY KEY,
  image_id TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  -- The service's id; NULL until it has been told.
  remote_id TEXT,
  annotation_id TEXT NOT NULL,
  body TEXT NOT NULL,
  is_resolved INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX comment_image ON comment (image_id);
`
