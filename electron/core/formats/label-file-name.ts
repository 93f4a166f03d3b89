const LABELS = /\.(?:json|jsonl|ndjson|xml|csv|txt|ya?ml|names|data|labels)$/i

/** Whether a file of this name may hold labels in one of the formats, or name their classes and splits. */
export const mayHoldLabels = (name: string): boolean => LABELS.test(name)
