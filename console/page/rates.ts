import { useEffect, useState } from "preact/hooks";
import { getState } from "./store.ts";

/** Two minutes, a point a second. */
export const POINTS = 120;
const EVERY_MS = 1_000;

/** The course of each number that has a chart; no longer than {@link POINTS}. */
const rings = new Map<string, number[]>();
const before = new Map<string, number>();
const listeners = new Set<() => void>();

/** Takes a sample of every number once a second, so that a chart goes on while nothing changes. */
export function sampleRates(): void {
  setInterval(() => {
    const { flow } = getState().parts;
    if (!flow || getState().link !== "live") return;
    if (flow.requests) push("requests", perSecond("requests", flow.requests.requests));
    for (const { name, waiting, inFlight } of flow.queues) push(`queue ${name}`, waiting + inFlight);
    for (const { service, name, counts } of flow.destinations)
      if (counts) push(`${service} ${name}`, perSecond(`${service} ${name}`, counts.applied));
    for (const listen of listeners) listen();
  }, EVERY_MS);
}

/** The last points of a number, oldest first. */
export function useCourse(name: string): readonly number[] {
  const [, again] = useState(0);
  useEffect(() => {
    let count = 0;
    const listen = (): void => again(++count);
    listeners.add(listen);
    return () => void listeners.delete(listen);
  }, []);
  return rings.get(name) ?? [];
}

function push(name: string, value: number): void {
  const ring = rings.get(name) ?? [];
  rings.set(name, ring);
  ring.push(value);
  if (ring.length > POINTS) ring.shift();
}

/** A count that starts again at nothing is that of a stack that was started again. */
function perSecond(name: string, total: number): number {
  const last = before.get(name);
  before.set(name, total);
  return last === undefined || total < last ? 0 : total - last;
}
