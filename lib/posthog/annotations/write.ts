import { type Fate, internalError, type NoteFault } from "../../delivery/fate.ts";
import type { AnnotationWriter } from "./request.ts";
import type { Annotation } from "./transform.ts";

/**
 * The annotations of a batch: each once. Their requests go one after another: PostHog's limit is low, and two at once could
 * write the same one twice.
 */
export type AnnotationLane = {
  readonly add: (annotation: Annotation, item: number) => void;
  readonly write: (settle: (item: number, fate: Fate) => void, noteFault?: NoteFault) => Promise<void>;
};

export function startAnnotationLane(writer: AnnotationWriter): AnnotationLane {
  const waiting = new Map<string, { readonly annotation: Annotation; readonly items: number[] }>();
  return {
    add: (annotation, item) => {
      const held = waiting.get(annotation.marker);
      if (held) held.items.push(item);
      else waiting.set(annotation.marker, { annotation, items: [item] });
    },
    write: async (settle, noteFault) => {
      let stop: Fate | undefined;
      for (const { annotation, items } of waiting.values()) {
        let fate = stop;
        if (!fate) {
          const outcome = await writer.write(annotation).catch((error: unknown) => {
            noteFault?.("annotation.write", error);
            return { kind: "settled" as const, fate: internalError };
          });
          fate = outcome.fate;
          // The next annotation would fail in the same way, so its request is left for later.
          if (outcome.kind === "stopped") stop = fate;
        }
        for (const item of items) settle(item, fate);
      }
    },
  };
}
