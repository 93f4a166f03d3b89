/** Stages, splits and tags that are being set on many images, part by part; a part is deleted when it is done. */
export const factEdits = `
CREATE TABLE fact_edit (
  id TEXT PRIMARY KEY,
  dataset_id TEXT NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
  -- JSON
  change TEXT NOT NULL,
  images INTEGER NOT NULL DEFAULT 0,
  -- All images are known. An edit that never became ready is forgotten at the next start.
  is_ready INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX fact_edit_dataset ON fact_edit (dataset_id);

CREATE TABLE fact_edit_part (
  seq INTEGER PRIMARY KEY,
  edit_id TEXT NOT NULL REFERENCES fact_edit (id) ON DELETE CASCADE,
  -- JSON: ids of images
  images TEXT NOT NULL,
  size INTEGER NOT NULL
) STRICT;
CREATE INDEX fact_edit_part_edit ON fact_edit_part (edit_id);
`
