/**
 * Indexes to find waiting rows of one kind, and rows that need the user, in a large outbox. The last one is for reading
 * the images of a dataset in id order.
 */
export const outboxKinds = `
DROP INDEX outbox_dataset;
CREATE INDEX outbox_dataset ON outbox (dataset_id, kind, state);
CREATE INDEX outbox_stopped ON outbox (id) WHERE state <> 'waiting';
DROP INDEX remote_image_of_dataset;
CREATE INDEX remote_image_of_dataset ON remote_image (dataset_id, image_id);
`
