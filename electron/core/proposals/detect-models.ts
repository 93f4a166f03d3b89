import type { Models, StoredModel } from '#core/assist/models.ts'
import { identifyDetector } from '#shared/assist/detect-identify.ts'
import type { Detector } from '#shared/assist/detector.ts'
import { messageOf } from '#shared/model/message-of.ts'

/** A model of this machine that can be asked for objects, or why it cannot. */
export type DetectModel = { id: string; name: string; version: string; file: string } & (
  | { detector: Detector; problem: null }
  | { detector: null; problem: string }
)

/** The models of this machine, wherever they came from. */
export interface DetectModels {
  list(): Promise<DetectModel[]>
  /** Throws a UserError when it is not there any more. */
  get(id: string): Promise<DetectModel>
}

/** Those of the folder of models, without the parts of promptable segmentation. */
export function detectModels(models: Pick<Models, 'list' | 'get'>): DetectModels {
  const isOther = ({ use }: StoredModel) => use === 'segment-encoder' || use === 'segment-decoder'
  return {
    list: async () => (await models.list()).filter((model) => !isOther(model)).map(identify),
    get: async (id) => identify(await models.get(id)),
  }
}

function identify({ id, file, name, version, classes, facts, takenFor }: StoredModel): DetectModel {
  const model = { id, file, name, version: version ?? '' }
  if (!facts) return { ...model, detector: null, problem: takenFor }
  try {
    const identified = identifyDetector(facts, { fileName: id, ...(classes && { classes }) })
    return 'detector' in identified
      ? { ...model, detector: identified.detector, problem: null }
      : { ...model, detector: null, problem: identified.problem }
  } catch (error) {
    return { ...model, detector: null, problem: messageOf(error) }
  }
}
