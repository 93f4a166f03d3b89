/** The latest edit of a dataset's images is looked for when an edit of all of it may be taken back. */
export const recentEdits = `
CREATE INDEX edit_log_recent ON edit_log (dataset_id, seq)
  WHERE parent IS NULL AND image_id IS NOT NULL AND state = 'done';
`
