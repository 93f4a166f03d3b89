/** A draft for each tool instead of the last tool's alone: `{"tool": …, "data": …}` becomes `{tool: data}`. */
export const drafts = `
UPDATE image_state
SET draft = json_object(json_extract(draft, '$.tool'), json_extract(draft, '$.data'))
WHERE draft IS NOT NULL;
ALTER TABLE image_state RENAME COLUMN draft TO drafts;
`
