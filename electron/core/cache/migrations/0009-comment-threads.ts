/** Replies, reactions, authors, and the marks that deleted comments leave. */
export const commentThreads = `
ALTER TABLE comment ADD COLUMN parent_id TEXT;
ALTER TABLE comment ADD COLUMN author TEXT;
ALTER TABLE comment ADD COLUMN is_deleted INTEGER NOT NULL DEFAULT 0;
-- JSON: [{reaction, count, isMine}]
ALTER TABLE comment ADD COLUMN reactions TEXT NOT NULL DEFAULT '[]';
`
