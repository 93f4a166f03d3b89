/** Worker thread: reads the certificates that the system trusts. */
import { getCACertificates } from 'node:tls'
import { answerOrders } from '#core/threads/answer-orders.ts'

answerOrders<null, string[]>(async () => getCACertificates('system'))
