import { splitSchema, stageSchema } from '#shared/model/dataset.ts'
import { SPLIT_LABEL, STAGE_LABEL } from '#shared/model/stage-labels.ts'

/** The stages, as options of a select. */
export const StageOptions = () =>
  stageSchema.options.map((stage) => (
    <option key={stage} value={stage}>
      {STAGE_LABEL[stage]}
    </option>
  ))

/** The splits, as options of a select; without “No split”. */
export const SplitOptions = () =>
  splitSchema.options.map((split) => (
    <option key={split} value={split}>
      {SPLIT_LABEL[split]}
    </option>
  ))
