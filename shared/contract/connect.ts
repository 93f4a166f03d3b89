/** The scheme of our own page in Electron, and the host part of its origin. */
export const APP_SCHEME = 'app'
export const APP_ORIGIN = 'app://pictograph'

/** With this message the page sends a MessagePort to the preload, and the preload sends it to the main process. */
export const CONNECT_CHANNEL = 'pictograph:connect'

/** With this message the preload sends the paths of dropped files to the page: `{ type, paths }`. */
export const DROP_CHANNEL = 'pictograph-dropped'

/** In the served app: a page gets its secret here (POST), and signs everybody out (DELETE). */
export const SESSION_PATH = '/session'
/** After the first visit, the `#` of the address contains a claim that the page exchanges for its secret. */
export const CLAIM_PARAMETER = 'claim'
/** Key in the page's storage, which belongs to its host and port. */
export const SECRET_KEY = 'pictograph-secret'
/** Protocol of the WebSocket; a second protocol is the secret with this prefix. */
export const RPC_PROTOCOL = 'pictograph'
export const SECRET_PREFIX = 'secret.'
