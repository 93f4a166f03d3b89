import type { Point, PolygonShape, Shape } from '#shared/model/annotation.ts'
import type { OutlineAsk } from './box-outline.ts'
import { type BrushStroke, brushed } from './brush.ts'
import type { WandSeed } from './magic-wand.ts'
import type { MaskPolygons } from './mask-to-polygon.ts'
import type { PictureTools } from './picture-tools.ts'

/**
 * What smart tools without a model ask of the open picture; done beside the page, never in it. All in image pixels.
 * Rejects with an Error in words for a person when the picture cannot be read.
 */
export interface PictureWork {
  /** Reads the picture ahead. */
  prepare(): Promise<void>
  nearestEdge(at: Point, reach: number): Promise<Point>
  wirePath(from: Point, to: Point, reach: number, tolerance: number): Promise<Point[]>
  outline(ask: OutlineAsk): Promise<MaskPolygons>
  /** `tolerance`: 0..255 a channel. */
  wand(seeds: readonly WandSeed[], tolerance: number): Promise<MaskPolygons>
  /** Null: it lies on edges already, or there are none nearby. */
  snapToEdges(shape: Shape, reach: number): Promise<Shape | null>
  brushed(shapes: readonly PolygonShape[], stroke: BrushStroke): Promise<MaskPolygons>
}

/** A picture's file, and its size in image pixels. */
export interface PictureFile {
  /** The same for the same picture. */
  url: string
  file: Blob
  width: number
  height: number
}

type Call<Name extends keyof PictureWork> = [Name, ...Parameters<PictureWork[Name]>]
/** A method of `PictureWork` with its arguments. */
export type PictureCall = { [Name in keyof PictureWork]: Call<Name> }[keyof PictureWork]

/** From the page to the worker, and back. */
export interface PictureOrder {
  id: number
  /** Null where the picture itself is not needed. */
  picture: PictureFile | null
  call: PictureCall
}
export type PictureAnswer = { id: number } & ({ result: unknown } | { error: string })

/** Does what was asked. `tools` reads the picture when it is needed. */
export async function answerCall(
  call: PictureCall,
  tools: () => Promise<PictureTools>,
): Promise<unknown> {
  switch (call[0]) {
    case 'prepare':
      return void (await tools())
    case 'brushed':
      return brushed(call[1], call[2])
    case 'nearestEdge':
      return (await tools()).nearestEdge(call[1], call[2])
    case 'wirePath':
      return (await tools()).wirePath(call[1], call[2], call[3], call[4])
    case 'outline':
      return (await tools()).outline(call[1])
    case 'wand':
      return (await tools()).wand(call[1], call[2])
    case 'snapToEdges':
      return (await tools()).snapToEdges(call[1], call[2])
  }
}
