import type { Detection } from '#core/proposals/detection.ts'
import type { Proposals } from '#core/proposals/proposals.ts'
import { os } from './procedure.ts'

export function proposalRouter(proposals: Proposals) {
  return {
    list: os.proposals.list.handler(({ input }) => proposals.list(input.imageId)),
    counts: os.proposals.counts.handler(({ input }) => proposals.counts(input.datasetId)),
    choices: os.proposals.choices.handler(({ input }) => proposals.choices(input.datasetId)),
    setChoice: os.proposals.setChoice.handler(({ input: { datasetId, model, choice } }) =>
      proposals.setChoice(datasetId, model, choice),
    ),
    settle: os.proposals.settle.handler(({ input }) => proposals.settle(input)),
  }
}

export function detectionRouter(detection: Detection) {
  return {
    models: os.detection.models.handler(() => detection.models()),
    start: os.detection.start.handler(({ input: { datasetId, modelId, imageIds } }) =>
      detection.begin(datasetId, modelId, imageIds),
    ),
    jobs: os.detection.jobs.handler(() => detection.list()),
    failures: os.detection.failures.handler(({ input }) => detection.failures(input.id)),
    pause: os.detection.pause.handler(({ input }) => detection.pause(input.id)),
    resume: os.detection.resume.handler(({ input }) => detection.resume(input.id)),
    cancel: os.detection.cancel.handler(({ input }) => detection.cancel(input.id)),
    remove: os.detection.remove.handler(({ input }) => detection.remove(input.id)),
  }
}
