import type { AskEnvironment, SaysOfSegment } from "../launchdarkly/membership/environment-members.ts";
import type { Context } from "../launchdarkly/membership/membership.ts";
import type { SegmentPlace } from "../launchdarkly/membership/places.ts";

/**
 * An environment with more segments is asked as a whole for each person. Segment by segment, ten people and some thousand segments take
 * longer than the eraser has, at every attempt.
 */
const FEW_SEGMENTS = 100;

export type WholeAnswers = {
  /** Asks environment by environment, one person after the other: such an answer may have many megabytes. */
  readonly ask: () => Promise<void>;
  /** Nothing more is asked. */
  readonly end: () => void;
  /** Whether LaunchDarkly has said by now that a person, by number, is not in a segment. */
  readonly isOut: (place: SegmentPlace, at: number) => boolean;
};

/** What LaunchDarkly says of each person in environments with many segments, as far as it has been asked. */
export function openWholeAnswers(
  places: readonly SegmentPlace[],
  people: readonly Context[],
  askEnvironment: AskEnvironment,
): WholeAnswers {
  const answers = new Map<string, Map<number, SaysOfSegment>>();
  let isEnded = false;
  const askOne = async ([place]: readonly SegmentPlace[]): Promise<void> => {
    if (!place) return;
    const own = new Map<number, SaysOfSegment>();
    answers.set(place.environment, own);
    for (const [at, person] of people.entries()) {
      if (isEnded) return;
      const says = await askEnvironment(place, person);
      // What does not answer for one person would not for the next.
      if (!says) return;
      own.set(at, says);
    }
  };
  return {
    ask: async () => {
      const environments = Map.groupBy(places, ({ environment }) => environment);
      for (const own of environments.values()) if (own.length > FEW_SEGMENTS) await askOne(own);
    },
    end: () => {
      isEnded = true;
    },
    isOut: ({ environment, segment }, at) => answers.get(environment)?.get(at)?.(segment) === false,
  };
}
