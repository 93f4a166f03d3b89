/** Downloads and uploads, with what each file of them has come to. */
export const transfers = `
CREATE TABLE transfer (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('download', 'upload')),
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  remote_id TEXT NOT NULL,
  name TEXT NOT NULL,
  -- Of a download: where to. Of an upload: what was dropped, in words.
  place TEXT NOT NULL,
  options TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planning', 'running', 'finishing', 'paused', 'done', 'failed', 'cancelled')),
  -- All files are known.
  is_planned INTEGER NOT NULL DEFAULT 0,
  problem TEXT,
  report TEXT,
  created_at_ms INTEGER NOT NULL,
  finished_at_ms INTEGER
) STRICT;

CREATE TABLE transfer_item (
  transfer_id TEXT NOT NULL REFERENCES transfer (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  -- Of a download: the service's id of the image. Of an upload: an absolute file.
  source TEXT NOT NULL,
  -- Of a download: below the folder. Of an upload: directory and name in the dataset.
  target TEXT NOT NULL,
  -- What it is called at the other end, as it is there.
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'put', 'done', 'skipped', 'failed')),
  size_bytes INTEGER NOT NULL,
  -- JSON: what this kind of transfer needs to know of it.
  facts TEXT NOT NULL DEFAULT '{}',
  -- The batch of a registration under way, and its idempotency key.
  batch_key TEXT,
  problem TEXT,
  PRIMARY KEY (transfer_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX transfer_item_state ON transfer_item (transfer_id, state, seq);

-- Files that were downloaded, as they were left: a second download fetches what is different.
CREATE TABLE downloaded (
  file TEXT PRIMARY KEY,
  remote_id TEXT NOT NULL,
  -- What the service said of it: another word means another file.
  stamp TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  modified_at_ms REAL NOT NULL
) STRICT;

-- What was uploaded from here, by content: dropped again it is known.
CREATE TABLE uploaded (
  remote_dataset_id TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  path TEXT NOT NULL,
  PRIMARY KEY (remote_dataset_id, sha256, path)
) STRICT, WITHOUT ROWID;
`
