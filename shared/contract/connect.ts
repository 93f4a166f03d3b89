/** The scheme of our own page in Electron; the host part of its one origin. */
export const APP_SCHEME = 'app'
export const APP_ORIGIN = 'app://pictograph'

/** With this message the page hands a MessagePort to the preload, and the preload to the main process. */
export const CONNECT_CHANNEL = 'pictograph:connect'

/** With this the preload tells the page where dropped files are: `{ type, paths }`. */
export const DROP_CHANNEL = 'pictograph-dropped'

/** Of the served app: where a page gets its secret (POST), and where everybody is signed out (DELETE). */
export const SESSION_PATH = '/session'
/** Behind the `#` of the address after the first visit: what the page exchanges for its secret. */
export const CLAIM_PARAMETER = 'claim'
/** In the page's storage, which belongs to its host and port alone. */
export const SECRET_KEY = 'pictograph-secret'
/** Protocol of the WebSocket; beside it stands the secret, with this prefix. */
export const RPC_PROTOCOL = 'pictograph'
export const SECRET_PREFIX = 'secret.'
