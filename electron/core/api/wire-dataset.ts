import {
  type AnnotationClass,
  type AttributeSchema,
  nextClassColor,
} from '#shared/model/annotation-class.ts'
import { trimSlashes } from '#shared/model/paths.ts'
import type { RemoteClass, RemoteDataset, RemoteImage } from './schemas.ts'

/** A class in our words. Its colour is taken from `colorOf` where the service has none that we can show. */
function fromRemoteClass(
  { name, color, attributes, skeleton }: RemoteClass,
  colorOf: (name: string) => string,
): AnnotationClass {
  return {
    name,
    color: color && /^#[0-9a-f]{6}$/i.test(color) ? color : colorOf(name),
    ...(attributes?.length && {
      attributes: attributes.map(
        ({ name: attribute, type, values }): AttributeSchema => ({
          name: attribute,
          type,
          ...(values && { values }),
        }),
      ),
    }),
    ...(skeleton?.nodes.length && {
      skeleton: {
        nodes: skeleton.nodes.map(({ name: joint, x, y }) => ({
          name: joint,
          ...(typeof x === 'number' && { x }),
          ...(typeof y === 'number' && { y }),
        })),
        edges: skeleton.edges,
      },
    }),
  }
}

/** Classes of the service in our words, each with a colour. */
export function classesOf({ classes }: RemoteDataset): AnnotationClass[] {
  const result: AnnotationClass[] = []
  for (const item of classes ?? []) result.push(fromRemoteClass(item, () => nextClassColor(result)))
  return result
}

/** A class as the service takes it: defaults, `required` and left/right pairs are ours alone. */
export function toRemoteClass({ name, color, attributes, skeleton }: AnnotationClass): RemoteClass {
  return {
    name,
    color,
    ...(attributes && {
      attributes: attributes.map(({ name: attribute, type, values }) => ({
        name: attribute,
        type,
        ...(values && { values }),
      })),
    }),
    ...(skeleton && { skeleton: { nodes: skeleton.nodes, edges: skeleton.edges } }),
  }
}

/** An image of a listing in our words; `path` is data and never a path on this disk. */
export function fromRemoteImage(image: RemoteImage) {
  const directory = trimSlashes(image.directory_path ?? '/')
  const created = image.created_at ? Date.parse(image.created_at) : Number.NaN
  return {
    remoteId: image.id,
    path: directory === '' ? image.filename : `${directory}/${image.filename}`,
    sizeBytes: image.file_size ?? 0,
    createdAtMs: Number.isNaN(created) ? 0 : created,
    width: image.width ?? null,
    height: image.height ?? null,
    stage: image.status,
    split: image.split ?? null,
    tags: image.tags ?? [],
    annotationCount: image.annotation_count,
    thumbnailUrl: image.thumbnail_url ?? null,
  }
}

export function isCold({ storage_class }: RemoteDataset): boolean {
  return storage_class === 'coldline'
}
