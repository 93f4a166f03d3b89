/** How many images a dataset has, and how many have annotations, is asked of all datasets at the start. */
export const imageCounts = `
CREATE INDEX image_counts ON image (dataset_id, missing, annotation_count);
`
