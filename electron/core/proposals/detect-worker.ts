import { answerOrders } from '#core/threads/answer-orders.ts'
import { type Detection, detectionsOf } from '#shared/assist/detect-result.ts'
import type { DetectOrder } from './detect-threads.ts'

answerOrders<DetectOrder, Detection[]>(async ({ detector, outputs, fit, size }) =>
  detectionsOf(detector, outputs, fit, size),
)
