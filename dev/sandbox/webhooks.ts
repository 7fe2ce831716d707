import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

export type WebhookTarget = {
  readonly url: string;
  readonly signingSecret?: string | undefined;
  readonly bearerToken?: string | undefined;
};

export type Webhooks = {
  /** Where a delivery would go now. */
  readonly targets: () => readonly WebhookTarget[];
  /** Delivers an entry to every target. Returns at once. */
  readonly deliver: (entry: object) => void;
  /** Starts no delivery and no repetition any more, and resolves when what is in flight has ended. */
  readonly stop: () => Promise<void>;
};

/** LaunchDarkly documents one repetition and not when. */
const RETRY_AFTER_MS = 500;
const TIMEOUT_MS = 10_000;

/**
 * LaunchDarkly's webhooks: one entry a request, signed over its bytes or with a bearer token, and repeated once after
 * anything but a 2xx.
 * https://launchdarkly.com/docs/home/infrastructure/webhooks
 */
export function startWebhooks(
  targets: () => readonly WebhookTarget[],
  retryAfterMs = RETRY_AFTER_MS,
): Webhooks {
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();
  const deliverTo = async (target: WebhookTarget, body: string): Promise<void> => {
    if (await post(target, body)) return;
    await sleep(retryAfterMs, undefined, { signal: stopping.signal }).catch(() => {});
    if (!stopping.signal.aborted) await post(target, body);
  };
  return {
    targets,
    deliver: (entry) => {
      if (stopping.signal.aborted) return;
      const body = JSON.stringify(entry);
      for (const target of targets()) {
        const delivery = deliverTo(target, body).finally(() => inFlight.delete(delivery));
        inFlight.add(delivery);
      }
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(inFlight);
    },
  };
}

/** Whether it was taken. The headers are those that public captures of LaunchDarkly's webhooks show. */
async function post({ url, signingSecret, bearerToken }: WebhookTarget, body: string): Promise<boolean> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        "content-type": "application/json",
        "user-agent": "LD-Integrations/1.0",
        ...(bearerToken !== undefined && { authorization: `Bearer ${bearerToken}` }),
        ...(signingSecret !== undefined && {
          "x-ld-signature": createHmac("sha256", signingSecret).update(body).digest("hex"),
        }),
      },
      body,
    });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
