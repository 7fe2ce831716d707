/** Sent with every request: a token otherwise carries the version of the day it was made. https://launchdarkly.com/docs/api#versioning */
export const API_VERSION = "20240415";
