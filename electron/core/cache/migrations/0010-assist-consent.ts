/** The account that a folder's images may be sent to for assisted labelling; NULL: nobody allowed it. */
export const assistConsent = `
ALTER TABLE dataset ADD COLUMN assist_account_id TEXT REFERENCES account (id) ON DELETE SET NULL;
CREATE INDEX dataset_assist_account ON dataset (assist_account_id);
`
