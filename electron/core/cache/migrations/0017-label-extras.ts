/**
 * What imported label files say and the app's model has no field for, so that an export in the same format says it
 * again. JSON by the formats' families (formats/carry.ts).
 */
export const labelExtras = `
CREATE TABLE dataset_extra (
  dataset_id TEXT PRIMARY KEY REFERENCES dataset (id) ON DELETE CASCADE,
  extra TEXT NOT NULL
) STRICT;

CREATE TABLE image_extra (
  image_id TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  extra TEXT NOT NULL,
  -- A label file spoke of the image: without annotations, there is nothing on it.
  is_labelled INTEGER NOT NULL DEFAULT 0
) STRICT;
`
