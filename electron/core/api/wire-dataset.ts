import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { mendClasses } from '#shared/model/mend-classes.ts'
import { trimSlashes } from '#shared/model/paths.ts'
import type { RemoteClass, RemoteDataset, RemoteImage } from './schemas.ts'

/** The service's classes in the app's form, each with a colour. */
export const classesOf = ({ classes }: RemoteDataset): AnnotationClass[] => mendClasses(classes)

/** A class in the service's form. Defaults, `required` and left/right pairs exist only in the app. */
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

/** A listed image in the app's form; `path` is untrusted and never a path on this disk. */
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
    annotationCount: image.annotation_count ?? 0,
    thumbnailUrl: image.thumbnail_url ?? null,
  }
}

export function isCold({ storage_class }: RemoteDataset): boolean {
  return storage_class === 'coldline'
}
