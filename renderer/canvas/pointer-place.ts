import { createStore } from 'zustand/vanilla'
import type { Point } from '#shared/model/annotation.ts'

/** Where the pointer is, image pixels; null when it is not over the canvas. */
export const pointerPlace = createStore<{ image: Point | null }>(() => ({ image: null }))

/** Where a menu was opened over the canvas last, image pixels: the pointer is over the menu since. */
export const menuPlace: { image: Point | null } = { image: null }

/** The same in screen pixels of the canvas, read by the overlay as it draws. */
export const canvasPointer: { screen: Point | null } = { screen: null }
