import { link } from "./api-door.ts";
import type { PublicSegment } from "./public-segments.ts";

/** The keys behind a client-side ID. */
export type Place = { readonly project: string; readonly environment: string };

/**
 * A segment as LaunchDarkly's API shows it: `UserSegment` of its OpenAPI document. Targets of kind `user` stand apart from
 * the others, and of a big or synced segment there are none.
 * https://launchdarkly.com/docs/api/segments/get-segment
 */
export function segmentView(
  segment: PublicSegment,
  { project, environment }: Place,
  targets: ReadonlyMap<string, readonly string[]>,
) {
  const { key, name, description, tags, sort, version, createdAt, modifiedAt, contextKind } = segment;
  const others = [...targets].filter(([kind]) => kind !== "user");
  const list = `/api/v2/segments/${project}/${environment}`;
  const isBig = sort !== "list";
  return {
    name,
    description,
    tags,
    creationDate: createdAt,
    lastModifiedDate: modifiedAt,
    key,
    included: targets.get("user") ?? [],
    excluded: [],
    includedContexts: others.map(([kind, values]) => ({ contextKind: kind, values })),
    excludedContexts: [],
    _links: {
      parent: link(list),
      self: link(`${list}/${key}`),
      site: link(`/${project}/${environment}/segments/${key}`, "text/html"),
    },
    rules: [],
    version,
    deleted: false,
    unbounded: isBig,
    unboundedContextKind: contextKind,
    generation: 1,
    ...(isBig && {
      _unboundedMetadata: {
        envId: segment.environmentId,
        segmentId: key,
        version,
        includedCount: segment.includedCount,
        excludedCount: 0,
        lastModified: modifiedAt,
        deleted: false,
      },
    }),
    ...(segment.sort === "synced" && { _external: segment.integration }),
  };
}
