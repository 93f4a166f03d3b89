/** Which edit an operation on classes belongs to, and what the service calls an image where its name here differs. */
export const classCommits = `
-- Of operations on classes: the edit that they are of. NULL: of an import, or from before this column.
ALTER TABLE outbox ADD COLUMN commit_id TEXT;
-- 1: they take that edit back (undo); 0: they are the edit (done, or done again).
ALTER TABLE outbox ADD COLUMN is_back INTEGER NOT NULL DEFAULT 0;
-- Directory and name on the service. NULL: from before this column, the same as image.path.
ALTER TABLE remote_image ADD COLUMN remote_path TEXT;
`
