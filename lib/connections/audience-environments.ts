import type { Connection } from "./schema.ts";

type Audiences = Connection["audiences"];

/** The environments that receive an audience, by the id that its source sends. */
export function environmentsOfAudience({ to, byAudience = {} }: Audiences, id: string): readonly string[] {
  return (Object.hasOwn(byAudience, id) ? byAudience[id]?.to : undefined) ?? to;
}

/**
 * The environments that a connection fills a segment in, in the order of `to`. All of `to` for a segment that no audience fills by
 * the rules as they are now: it may have been filled before they were written. Where an audience is renamed to the segment, none other
 * fills it.
 */
export function environmentsOfSegment(audiences: Audiences, segmentId: string): readonly string[] {
  const { to, only, except, rename = {} } = audiences;
  const renamed = Object.entries(rename).flatMap(([id, into]) => ((into.id ?? id) === segmentId ? [id] : []));
  const own = Object.hasOwn(rename, segmentId) ? [] : [segmentId];
  const filling = (renamed.length > 0 ? renamed : own).filter(
    (id) => !except?.includes(id) && (only?.includes(id) ?? true),
  );
  const reached = new Set(filling.flatMap((id) => environmentsOfAudience(audiences, id)));
  return reached.size > 0 ? to.filter((name) => reached.has(name)) : to;
}
