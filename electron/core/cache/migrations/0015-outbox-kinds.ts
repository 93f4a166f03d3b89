/**
 * What waits of one kind is found beside 100,000 changes of other kinds, as are the few that need the user; the images
 * of a dataset are gone through in the order of their ids.
 */
export const outboxKinds = `
DROP INDEX outbox_dataset;
CREATE INDEX outbox_dataset ON outbox (dataset_id, kind, state);
CREATE INDEX outbox_stopped ON outbox (id) WHERE state <> 'waiting';
DROP INDEX remote_image_of_dataset;
CREATE INDEX remote_image_of_dataset ON remote_image (dataset_id, image_id);
`
