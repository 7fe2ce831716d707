import { type LookAtSegment, unlooked } from "../../lib/launchdarkly/membership/membership.ts";

/** Of `null` memberships: LaunchDarkly had its time, and said nothing. */
export const NO_ANSWER = "no-answer";

export type WithinPorts = {
  readonly ms: number;
  /** Unix ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Told the name of an environment whose LaunchDarkly did not answer in time; once for each segment of it. */
  readonly onSilent: (environment: string) => void;
};

/**
 * Looks at segments as `look` does, and takes no answer within `ms` for none, so that somebody who asks about several environments
 * gets the answers of those that answer. What was asked goes on behind it until its own end.
 */
export function answerWithin(look: LookAtSegment, { ms, now, sleep, onSilent }: WithinPorts): LookAtSegment {
  return async (place) => {
    const endMs = now() + ms;
    const inTime = <Answer>(answer: Promise<Answer>): Promise<Answer | undefined> =>
      Promise.race([answer, sleep(Math.max(0, endMs - now())).then(() => undefined)]);
    const looked = await inTime(look(place));
    if (!looked) {
      onSilent(place.environment);
      return unlooked(NO_ANSWER);
    }
    return {
      ...looked,
      memberOf: async (context) => {
        const membership = await inTime(looked.memberOf(context));
        if (!membership) onSilent(place.environment);
        return membership ?? { member: null, how: NO_ANSWER };
      },
    };
  };
}
