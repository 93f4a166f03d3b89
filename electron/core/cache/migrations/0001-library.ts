export const library = `
CREATE TABLE dataset (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  root TEXT NOT NULL UNIQUE,
  classes TEXT NOT NULL,
  label_files TEXT,
  created_at_ms INTEGER NOT NULL,
  last_opened_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE image (
  id TEXT PRIMARY KEY,
  dataset_id TEXT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  file_size_bytes INTEGER NOT NULL,
  modified_at_ms REAL NOT NULL,
  width INTEGER,
  height INTEGER,
  problem TEXT,
  missing INTEGER NOT NULL DEFAULT 0,
  stage TEXT NOT NULL DEFAULT 'new',
  split TEXT,
  tags TEXT NOT NULL DEFAULT '[]',
  revision INTEGER NOT NULL DEFAULT 0,
  annotation_count INTEGER NOT NULL DEFAULT 0,
  UNIQUE (dataset_id, path)
) STRICT;
CREATE INDEX image_order ON image (dataset_id, sort_key);

CREATE TABLE annotation (
  image_id TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  position INTEGER NOT NULL,
  class_name TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (image_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX annotation_position ON annotation (image_id, position);
CREATE INDEX annotation_class ON annotation (class_name);

-- One row an edit. An edit of the classes has no image; its effects on images are its children.
CREATE TABLE edit_log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  commit_id TEXT NOT NULL UNIQUE,
  dataset_id TEXT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  image_id TEXT REFERENCES image (id) ON DELETE CASCADE,
  parent INTEGER REFERENCES edit_log (seq) ON DELETE CASCADE,
  label TEXT NOT NULL,
  origin TEXT NOT NULL,
  changes TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('done', 'undone', 'abandoned')),
  revision INTEGER NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX edit_log_image ON edit_log (image_id, state, seq) WHERE parent IS NULL;
CREATE INDEX edit_log_dataset ON edit_log (dataset_id, state, seq) WHERE image_id IS NULL;
CREATE INDEX edit_log_parent ON edit_log (parent) WHERE parent IS NOT NULL;

-- What was being drawn, and where the person was looking.
CREATE TABLE image_state (
  image_id TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  draft TEXT,
  view TEXT
) STRICT;

-- What we last wrote to, or read from, a label file in step: the common ancestor of a merge. It holds
-- for one place (format and folder); the path is below that place, so that a folder can move.
CREATE TABLE label_file (
  image_id TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  place TEXT NOT NULL,
  path TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  base TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`
