/** The scheme of our own page in Electron; the host part of its one origin. */
export const APP_SCHEME = 'app'
export const APP_ORIGIN = 'app://pictograph'

/** With this message the page hands a MessagePort to the preload, and the preload to the main process. */
export const CONNECT_CHANNEL = 'pictograph:connect'

/** With this the preload tells the page where dropped files are: `{ type, paths }`. */
export const DROP_CHANNEL = 'pictograph-dropped'
