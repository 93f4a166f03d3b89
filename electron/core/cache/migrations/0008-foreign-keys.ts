/** Removing a dataset, an image or an account looks for what refers to it: without an index that is all there is. */
export const foreignKeys = `
CREATE INDEX edit_log_of_image ON edit_log (image_id);
CREATE INDEX edit_log_of_dataset ON edit_log (dataset_id);
CREATE INDEX remote_image_of_dataset ON remote_image (dataset_id);
CREATE INDEX decision_image ON decision (image_id);
CREATE INDEX push_log_dataset ON push_log (dataset_id);
CREATE INDEX push_log_image ON push_log (image_id);
CREATE INDEX transfer_account ON transfer (account_id);
`
