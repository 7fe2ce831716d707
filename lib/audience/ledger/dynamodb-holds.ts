import type { DynamoCalls } from "../../table/calls.ts";
import type { Item } from "../../table/item.ts";
import { type RetryPorts, unavailable, untilAnswered } from "./dynamodb-attempts.ts";
import { type HoldState, holdOfItem } from "./items.ts";
import { holdAddress } from "./keys.ts";
import type { HoldAnswer, Ledger, LedgerSegment } from "./ledger.ts";

/** `until` is a reserved word in DynamoDB's expressions, so expressions use these placeholders for all attributes. */
const NAMES = { "#n": "n", "#until": "until", "#dirty": "dirty", "#stalled": "stalled", "#by": "by" };

/** A hold that is not released expires by itself, and the invocation needs its last seconds for other work. */
const ENDING_ATTEMPTS = 2;

/**
 * The holds of a DynamoDB table. A hold item stays for ever once it exists, because its `n` must never be counted
 * twice; a segment is free when its item has no `until`.
 *
 * Each update may be repeated after no answer: its condition names `n`, so one that lands late either finds its
 * hold gone and does nothing, or leaves a hold that nobody uses, whose end was set before it was sent. A take is
 * signed: its repetition would otherwise find the hold that the first attempt took, and wait a minute for itself.
 */
export function dynamoHolds({
  calls,
  ports,
}: {
  readonly calls: DynamoCalls;
  readonly ports: RetryPorts;
}): Holds {
  const update = (
    segment: LedgerSegment,
    change: { readonly update: string; readonly condition: string; readonly values: Item },
    attempts?: number,
  ) => {
    const used = Object.entries(NAMES).filter(([name]) =>
      `${change.update} ${change.condition}`.includes(name),
    );
    const request = { ...change, address: holdAddress(segment), names: Object.fromEntries(used) };
    return untilAnswered(() => calls.update(request), ports, attempts);
  };
  const read = async (segment: LedgerSegment): Promise<HoldState | undefined> => {
    const { item } = await untilAnswered(() => calls.get(holdAddress(segment)), ports);
    return item && holdOfItem(item);
  };
  return {
    takeHold: async (segment, nowMs, holdMs) => {
      const untilMs = nowMs + holdMs;
      const by = takeToken(ports.random);
      const free = await update(segment, {
        update: "SET #n = if_not_exists(#n, :none) + :one, #until = :until, #by = :by",
        condition: "attribute_not_exists(#until)",
        values: {
          ":none": { N: "0" },
          ":one": { N: "1" },
          ":until": { N: String(untilMs) },
          ":by": { S: by },
        },
      });
      if (free.kind === "answered") return taken(segment, holdOfItem(free.item));

      const seen = await read(segment);
      if (seen?.by === by) return taken(segment, seen);
      if (seen?.untilMs === undefined || seen.untilMs > nowMs) return busy(seen, nowMs);

      const expired = await update(segment, {
        update: "SET #n = :next, #until = :until, #dirty = :n, #by = :by REMOVE #stalled",
        condition: "#n = :n AND #until = :seen",
        values: {
          ":n": { N: String(seen.n) },
          ":next": { N: String(seen.n + 1) },
          ":until": { N: String(untilMs) },
          ":seen": { N: String(seen.untilMs) },
          ":by": { S: by },
        },
      });
      if (expired.kind === "answered") return taken(segment, holdOfItem(expired.item));
      const winner = await read(segment);
      return winner?.by === by ? taken(segment, winner) : busy(winner, nowMs);
    },

    // `#until <= :latest`: a renewal that lands after a later one must not shorten what the later one promised.
    renewHold: async (hold, nowMs, holdMs) => {
      const untilMs = nowMs + holdMs;
      const answer = await update(hold.segment, {
        update: "SET #until = :until",
        condition: "#n = :n AND #until > :now AND #until <= :latest",
        values: {
          ":n": { N: String(hold.n) },
          ":now": { N: String(nowMs) },
          ":until": { N: String(untilMs) },
          ":latest": { N: String(Math.max(untilMs, hold.untilMs)) },
        },
      });
      return answer.kind === "answered" ? { ...hold, untilMs } : "lost";
    },

    releaseHold: async (hold, ending) => {
      await update(
        hold.segment,
        {
          update: `REMOVE #until, #stalled, #by${ending === "dirty" ? " SET #dirty = :n" : ""}`,
          condition: "#n = :n",
          values: { ":n": { N: String(hold.n) } },
        },
        ENDING_ATTEMPTS,
      );
    },

    stallHold: async (hold) => {
      await update(
        hold.segment,
        {
          update: "SET #stalled = :yes",
          condition: "#n = :n AND attribute_exists(#until)",
          values: { ":n": { N: String(hold.n) }, ":yes": { BOOL: true } },
        },
        ENDING_ATTEMPTS,
      );
    },
  };
}

function taken(segment: LedgerSegment, { n, dirty, untilMs }: HoldState): HoldAnswer {
  if (untilMs === undefined) throw unavailable("answered a hold without its end");
  return { kind: "taken", hold: { segment, n, untilMs, dirty } };
}

/** 100 bits by chance: nobody else's take has the same. */
function takeToken(random: () => number): string {
  return [random(), random()].map((draw) => draw.toString(36).slice(2)).join("-");
}

/** The holder may have released it since: then another attempt at once can succeed. */
function busy(seen: HoldState | undefined, nowMs: number): HoldAnswer {
  return { kind: "busy", untilMs: seen?.untilMs ?? nowMs, stalled: seen?.stalled ?? false };
}

type Holds = Pick<Ledger, "takeHold" | "renewHold" | "releaseHold" | "stallHold">;
