/** Files that were found and not read yet: finding the next of them, and counting them, must not look at all images. */
export const unreadImages = `
CREATE INDEX image_unread ON image (dataset_id, sort_key)
  WHERE missing = 0 AND width IS NULL AND problem IS NULL;
`
