/** How many images are here, and are to be here: counted without reading their labels, which lie in the same rows. */
export const keptImages = `
CREATE INDEX remote_image_kept ON remote_image (dataset_id, is_kept, cached_bytes);
`
