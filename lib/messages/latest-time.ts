/** The last moment that a Date knows. https://tc39.es/ecma262/#sec-time-values-and-time-range */
export const LATEST_MS = 8.64e15;
