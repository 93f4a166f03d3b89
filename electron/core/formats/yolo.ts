import { withClassNames } from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'
import type { FormatId } from '#shared/model/format.ts'
import { fileNameOf, stemOf } from '#shared/model/paths.ts'
import { failureOf, reportCommonLosses, textOf, uniqueStems, withStem } from './common.ts'
import type {
  Format,
  ImportContext,
  ImportedImage,
  ImportResult,
  InputFile,
  LabelSet,
} from './types.ts'
import { readNames, readYoloText } from './yolo-read.ts'
import { dataYaml, yoloLines } from './yolo-write.ts'

// The layout: https://docs.ultralytics.com/datasets/

function isLabelText(path: string): boolean {
  return (
    /\.txt$/i.test(path) &&
    !/(^|\/)(classes|_classes|train|val|test|readme[^/]*|requirements)\.txt$/i.test(path)
  )
}

function splitOf(path: string): Split | undefined {
  const folder = path.split('/').find((part) => /^(train|val|valid|test)$/.test(part))
  return folder === 'valid' ? 'val' : (folder as Split | undefined)
}

function importYolo(
  id: FormatId,
  files: readonly InputFile[],
  context: ImportContext,
): ImportResult {
  const result: ImportResult = { images: [], classes: [], failed: [] }
  const names = readNames(files, result)
  result.classes = withClassNames([], names.byNumber.values())
  if (names.joints.length > 0) {
    result.classes = withClassNames(
      result.classes.map((item) => ({
        ...item,
        skeleton: { nodes: names.joints.map((name) => ({ name })), edges: names.edges },
      })),
      names.joints,
    )
  }
  for (const file of files.filter(({ path }) => isLabelText(path))) {
    // labels/train/a.txt speaks of images/train/a.*, wherever the image lies now.
    const stem = stemOf(file.path).replace(/(^|\/)labels\//, '$1')
    const known =
      context.images.findByStem(stem) ?? context.images.findByStem(stemOf(fileNameOf(file.path)))
    const split = splitOf(file.path)
    const image: ImportedImage = {
      file: file.path,
      path: known?.path ?? stem,
      matched: known !== null,
      annotations: [],
      ...(split && { split }),
    }
    try {
      if (known)
        image.annotations = readYoloText(id, textOf(file), names, known, file.path, result.failed)
      result.images.push(image)
    } catch (error) {
      result.failed.push(failureOf(file.path, error))
    }
  }
  const seen = new Set(
    result.images.flatMap(({ annotations }) => annotations.map(({ className }) => className)),
  )
  result.classes = withClassNames(result.classes, seen)
  return result
}

function yoloFormat(id: 'yolo' | 'yolo_seg' | 'yolo_pose' | 'yolo_obb', label: string): Format {
  const places = (set: LabelSet) => {
    const stems = uniqueStems(set.images)
    return set.images.map((image, index) => ({
      image,
      split: image.split ?? 'train',
      stem: stems[index],
    }))
  }
  return {
    id,
    label,
    imagePaths: (set) =>
      places(set).map(({ image, split, stem }) => `images/${split}/${withStem(image.path, stem)}`),

    *export(set, _options, losses) {
      reportCommonLosses(
        set,
        { split: true, instances: id === 'yolo_pose', attributes: id === 'yolo_pose' },
        losses,
      )
      for (const { image, split, stem } of places(set)) {
        if (withStem(image.path, stem) !== image.path)
          losses.add('images that differ by extension alone are renamed', image.path)
        const content = yoloLines(id, image, set, losses)
        // No file means "not labelled"; an empty one means "labelled: nothing here".
        const looked = image.stage === 'review' || image.stage === 'complete'
        if (content !== '' || looked) yield { path: `labels/${split}/${stem}.txt`, content }
      }
      yield { path: 'data.yaml', content: dataYaml(set, id) }
    },

    import: (files, context) => importYolo(id, files, context),
  }
}

export const yolo = yoloFormat('yolo', 'YOLO detect')
export const yoloSeg = yoloFormat('yolo_seg', 'YOLO segment')
export const yoloPose = yoloFormat('yolo_pose', 'YOLO pose')
export const yoloObb = yoloFormat('yolo_obb', 'YOLO OBB')
