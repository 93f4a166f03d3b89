/** Bulk edits that are being applied, undone or redone in pieces; a row is deleted when its edit is complete. */
export const bulkEdits = `
CREATE TABLE bulk_edit (
  -- One at a time.
  dataset_id TEXT PRIMARY KEY REFERENCES dataset (id) ON DELETE CASCADE,
  -- The edit of the log whose parts these are.
  seq INTEGER NOT NULL REFERENCES edit_log (seq) ON DELETE CASCADE,
  -- Of the edit, or of the step back or forward.
  commit_id TEXT NOT NULL,
  label TEXT NOT NULL,
  -- JSON of the edit of the classes that is being made; NULL: the edit is taken back or done again.
  edit TEXT,
  is_back INTEGER NOT NULL,
  -- The last image, or part of the edit, that was done: all before it are.
  after TEXT NOT NULL DEFAULT '',
  -- JSON: images after it that were done before their turn, because they were edited.
  settled TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE INDEX bulk_edit_seq ON bulk_edit (seq);
`
