import type { Embeddings } from '#core/assist/embeddings.ts'
import type { Segmenter } from '#core/assist/segmenter.ts'
import type { Log } from '#core/ports.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { os } from './procedure.ts'

export function segmentRouter(segmenter: Segmenter, embeddings: Embeddings, log: Log) {
  return {
    prepare: os.segment.prepare.handler(({ input }) =>
      segmenter.prepare(input.imageId, input.engineId),
    ),
    prepareAhead: os.segment.prepareAhead.handler(({ input }) => {
      segmenter
        .prepareAhead(input.imageIds, input.engineId)
        .catch((error: unknown) => log.warn('not prepared', { error: messageOf(error) }))
    }),
    ask: os.segment.ask.handler(({ input }) => segmenter.ask(input)),
    kept: os.segment.kept.handler(async () => ({ bytes: await embeddings.bytes() })),
    forgetKept: os.segment.forgetKept.handler(() => embeddings.clear()),
  }
}
