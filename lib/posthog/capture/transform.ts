import type { FlagChangeSettings } from "../../connections/schema.ts";
import { byEnvironment, type ChangeFacts, factsOf } from "../../flag-changes/facts.ts";
import { type ReadableChange, readableChange } from "../../flag-changes/readable.ts";
import type { FlagChange } from "../../messages/flag-changes.ts";
import { uuidsIn } from "../../messages/uuid.ts";
import { actorKindOf, distinctIdOf } from "./actor.ts";
import type { CaptureEvent, CaptureProperties } from "./wire.ts";

/** https://posthog.com/docs/api/capture */
const MAX_EVENT_NAME_CHARS = 200;
/** https://posthog.com/docs/product-analytics/group-analytics */
const MAX_GROUP_KEY_CHARS = 400;

/** Flagbridge's own namespace of event ids. Fixed for ever: with another one PostHog would count what it has again. */
const eventUuid = uuidsIn("8f6a1c0e-2b57-4d0a-9c35-e1d7f40b6a92");

export type CaptureSettings = {
  readonly options: Pick<FlagChangeSettings, "eventName" | "perEnvironment" | "memberDetails" | "groups">;
  /** Address of the LaunchDarkly whose changes these are. */
  readonly appUrl: string;
  /** Flagbridge's own. */
  readonly version: string;
};

/**
 * The events of a change: one, or with `perEnvironment` one for each of its environments. Everything by which PostHog
 * tells a repetition (uuid, name, distinct_id, time) is made of what a webhook and the audit log's list both have, so
 * that a change that comes both ways is the same event.
 */
export function captureEvents(change: FlagChange, settings: CaptureSettings): readonly CaptureEvent[] {
  const { options, appUrl } = settings;
  const readable = readableChange(change, { memberDetails: options.memberDetails, appUrl });
  const parts = options.perEnvironment ? byEnvironment(readable.accesses) : [];
  if (parts.length === 0) return [eventOf(readable, factsOf(readable.accesses), undefined, settings)];
  return parts.map(({ environment, accesses }) =>
    eventOf(readable, { ...factsOf(accesses), environments: [environment] }, environment, settings),
  );
}

/** `environment` is set where the event is about one environment of the change only. */
function eventOf(
  change: ReadableChange,
  facts: ChangeFacts,
  environment: string | undefined,
  { options, version }: CaptureSettings,
): CaptureEvent {
  const action = facts.action ?? "unknown";
  const name = options.eventName === "action" ? action : `launchdarkly.${change.kind}.${action}`;
  return {
    uuid: eventUuid(environment === undefined ? change.id : `${change.id} ${environment}`),
    event: name.slice(0, MAX_EVENT_NAME_CHARS).toWellFormed(),
    distinct_id: distinctIdOf(change),
    timestamp: wholeSeconds(change.at),
    properties: propertiesOf(change, facts, {
      environment,
      $groups: groupsOf(options.groups, facts),
      $lib_version: version,
    }),
  };
}

/** This is one literal, because spreading parts into it would copy them for every event. */
function propertiesOf(
  change: ReadableChange,
  facts: ChangeFacts,
  { environment, $groups, $lib_version }: Pick<CaptureProperties, "environment" | "$groups" | "$lib_version">,
): CaptureProperties {
  const { member } = change;
  return {
    launchDarklyEventId: change.entryId,
    launchDarklyEventAccountId: change.accountId,
    launchDarklyEventType: change.kind,
    comment: change.comment,
    distinct_id: member?.id ?? "",
    email: member?.email ?? "",
    firstName: member?.firstName ?? "",
    lastName: member?.lastName ?? "",
    title: change.title,
    titleVerb: present(change.titleVerb),
    details: present(change.details),
    action: facts.action,
    actions: facts.actions,
    direction: facts.direction,
    flagKey: facts.flagKey ?? present(change.relatedFlag),
    flagName: change.kind === "flag" ? present(change.name) : undefined,
    resourceKey: facts.resourceKey,
    resourceName: present(change.name),
    project: facts.project,
    environments: facts.environments,
    tags: change.tags,
    link: present(change.link),
    actorKind: actorKindOf(change),
    tokenName: present(change.token?.name),
    appName: present(change.app?.name),
    changedAtMs: change.at,
    truncated: change.isCut ? true : undefined,
    environment,
    $process_person_profile: false,
    $geoip_disable: true,
    $groups,
    $lib: "flagbridge",
    $lib_version,
  };
}

/** JSON leaves out what is undefined. */
function present(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** As the connector wrote it; `changedAtMs` is exact. */
function wholeSeconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, -".000Z".length)}Z`;
}

/** A group whose key the change does not say, or says several of, is left out: the event would be in the wrong one. */
function groupsOf(
  groups: CaptureSettings["options"]["groups"],
  { project, environments, flagKey }: ChangeFacts,
): Readonly<Record<string, string>> | undefined {
  const [environment] = environments.length === 1 ? environments : [];
  const keys = { project, flag: flagKey, environment: environment === "*" ? undefined : environment };
  const known = Object.entries(groups).flatMap(([type, from]) => {
    const key = typeof from === "string" ? from : keys[from.from];
    return key === undefined ? [] : [[type, key.slice(0, MAX_GROUP_KEY_CHARS).toWellFormed()]];
  });
  return known.length === 0 ? undefined : Object.fromEntries(known);
}
