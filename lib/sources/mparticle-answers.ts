import {
  contextKeyNames,
  MPARTICLE_DEVICE_IDENTITIES,
  MPARTICLE_USER_IDENTITIES,
} from "../connections/source-traits.ts";
import { isObject } from "../json.ts";
import { MPID, PARTNER } from "./mparticle-identities.ts";
import type { VendorAnswers } from "./source.ts";

/** The version of mParticle's messages. https://github.com/mParticle/mparticle-firehose-java-sdk/tree/f819a5b/examples/json */
const FIREHOSE_VERSION = "3.2.0";

/** mParticle's ids are UUIDs. */
const MAX_ECHO_CHARS = 128;

/**
 * The answers to mParticle's three requests. When a request is refused, mParticle reads only the status.
 * https://docs.mparticle.com/developers/partners/outbound-integrations/#http-integrations
 */
export const mparticleAnswers: VendorAnswers = {
  taken: ({ body, connection, receivedAtMs, requestId }) => {
    const request = isObject(body) ? body : {};
    const message = {
      // mParticle allows the request's own id here. Anybody can send a request, so a longer one is not repeated.
      id: typeof request.id === "string" && request.id.length <= MAX_ECHO_CHARS ? request.id : requestId,
      timestamp_ms: receivedAtMs,
      firehose_version: FIREHOSE_VERSION,
    };
    switch (request.type) {
      case "module_registration_request":
        return {
          type: "module_registration_response",
          ...message,
          ...registrationOf(contextKeyNames(connection)),
        };
      case "audience_subscription_request":
        return { type: "audience_subscription_response", ...message, audience_subscription_settings: {} };
      default:
        return { type: "audience_membership_change_response", ...message, suspend_subscription: false };
    }
  },
  // mParticle reads the registration before it has a token.
  isForAnyone: (body) => isObject(body) && body.type === "module_registration_request",
};

/**
 * Registers what mParticle sends: audiences, and the unhashed identities that the connection reads its keys from. Each
 * identity is required, so mParticle does not send profiles that have none of them.
 */
function registrationOf(contextKeys: readonly string[]): object {
  const required = !contextKeys.includes(MPID);
  const among = (types: readonly string[]) =>
    contextKeys.filter((name) => types.includes(name)).map((type) => ({ type, encoding: "raw", required }));
  return {
    sdk_version: FIREHOSE_VERSION,
    name: "Flagbridge",
    description: "Your own Flagbridge: audiences become segments in LaunchDarkly.",
    version: "1.0",
    permissions: {
      user_identities: among(MPARTICLE_USER_IDENTITIES),
      device_identities: among(MPARTICLE_DEVICE_IDENTITIES),
      partner_identities: contextKeys.includes(PARTNER)
        ? [{ type: PARTNER_IDENTITY, encoding: "raw", required }]
        : [],
      allow_access_mpid: !required,
    },
    audience_processing_registration: {
      account_settings: [
        {
          type: "text",
          id: "apiKey",
          name: "API Key",
          description: "A token of the Flagbridge connection's secret",
          visible: true,
          required: true,
          confidential: true,
        },
      ],
      audience_subscription_settings: [],
    },
  };
}

/** mParticle registers the identity under this name permanently, so it must never change. */
const PARTNER_IDENTITY = "Flagbridge_contextKey";
