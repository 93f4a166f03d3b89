import { FORMATS, type FormatId } from '#shared/model/format.ts'
import { coco } from './coco.ts'
import { cocoPanoptic } from './coco-panoptic.ts'
import { cvat } from './cvat.ts'
import { darwin } from './darwin.ts'
import { datumaro } from './datumaro.ts'
import { dota } from './dota.ts'
import { huggingFace } from './hugging-face.ts'
import { labelStudio } from './label-studio.ts'
import { labelbox } from './labelbox.ts'
import { labelme, xanylabeling } from './labelme.ts'
import { mot } from './mot.ts'
import { openImages } from './open-images.ts'
import { pascalVoc } from './pascal-voc.ts'
import { pictograph } from './pictograph.ts'
import { pngMasks } from './png-masks.ts'
import { makesenseCsv, pictographCsv, tensorflowCsv } from './table.ts'
import type { Format } from './types.ts'
import { via, viaCsv } from './via.ts'
import { yolo, yoloObb, yoloPose, yoloSeg } from './yolo.ts'

export const FORMAT_BY_ID: Record<FormatId, Format> = {
  pictograph,
  coco: coco as Format,
  yolo: yolo as Format,
  yolo_seg: yoloSeg as Format,
  yolo_pose: yoloPose as Format,
  yolo_obb: yoloObb as Format,
  pascal_voc: pascalVoc as Format,
  cvat: cvat as Format,
  labelme: labelme as Format,
  xanylabeling: xanylabeling as Format,
  dota: dota as Format,
  datumaro: datumaro as Format,
  darwin: darwin as Format,
  label_studio: labelStudio as Format,
  labelbox: labelbox as Format,
  hugging_face: huggingFace as Format,
  mot: mot as Format,
  png_masks: pngMasks as Format,
  coco_panoptic: cocoPanoptic as Format,
  via: via as Format,
  via_csv: viaCsv as Format,
  tensorflow_csv: tensorflowCsv as Format,
  open_images: openImages as Format,
  makesense_csv: makesenseCsv as Format,
  pictograph_csv: pictographCsv as Format,
}

/** In the order in which they are asked whether a file is theirs. */
export const FORMAT_LIST: readonly Format[] = FORMATS.map(({ id }) => FORMAT_BY_ID[id])
