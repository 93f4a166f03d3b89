/** What models found and nobody accepted yet, and the work of asking them about many images. */
export const proposals = `
CREATE TABLE proposal (
  id TEXT PRIMARY KEY,
  image_id TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  -- As the model calls it.
  class_name TEXT NOT NULL,
  confidence REAL NOT NULL,
  model TEXT NOT NULL,
  version TEXT NOT NULL,
  -- JSON: the shape and its keypoints, image pixels.
  data TEXT NOT NULL,
  -- The edit that accepted or dropped it. While that edit is undone the proposal is open again.
  closed_by TEXT
) STRICT;
CREATE INDEX proposal_image ON proposal (image_id, model);
CREATE INDEX proposal_closed ON proposal (closed_by) WHERE closed_by IS NOT NULL;

-- How many are open on an image, and how sure the surest is, so that the grid need not count.
CREATE TABLE proposal_count (
  image_id TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  dataset_id TEXT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  open INTEGER NOT NULL,
  best REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX proposal_count_dataset ON proposal_count (dataset_id);

-- What a person chose for a model in a dataset: thresholds, and which class of the dataset each of its classes is.
CREATE TABLE model_choice (
  dataset_id TEXT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  model TEXT NOT NULL,
  choice TEXT NOT NULL,
  PRIMARY KEY (dataset_id, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE detect_job (
  id TEXT PRIMARY KEY,
  dataset_id TEXT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  model_id TEXT NOT NULL,
  model TEXT NOT NULL,
  version TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'done', 'failed', 'cancelled')),
  problem TEXT,
  created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX detect_job_dataset ON detect_job (dataset_id);

CREATE TABLE detect_item (
  job_id TEXT NOT NULL REFERENCES detect_job (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  image_id TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
  found INTEGER NOT NULL DEFAULT 0,
  problem TEXT,
  PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX detect_item_state ON detect_item (job_id, state, seq);
CREATE INDEX detect_item_image ON detect_item (image_id);
`
