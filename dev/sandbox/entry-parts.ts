import { randomBytes } from "node:crypto";
import { link } from "./api-door.ts";
import type { Place } from "./segment-view.ts";

export const APP = "https://app.launchdarkly.com";
export const ACCOUNT_ID = "5f0000000000000000000001";
export const MEMBER_ID = "5f0000000000000000000002";
export const TOKEN_ID = "5f0000000000000000000003";
export const TOKEN_NAME = "Sandbox token";

export type Member = {
  readonly email: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
};

/** Who made a change, as an entry of the audit log says it; null is an access token. */
export function actorOf(member: Member | null) {
  if (!member) {
    const self = link(`/api/v2/tokens/${TOKEN_ID}`);
    const token = { _links: { self }, _id: TOKEN_ID, name: TOKEN_NAME, ending: "0123", serviceToken: true };
    return { title: TOKEN_NAME, fields: { subject: { _links: { self }, name: token.name }, token } };
  }
  const { email, firstName = "", lastName = "" } = member;
  const shown = `${firstName} ${lastName}`.trim() || email;
  const links = { parent: link("/api/v2/members"), self: link(`/api/v2/members/${MEMBER_ID}`) };
  return {
    title: `[${escaped(shown)}](mailto:${email})`,
    fields: {
      subject: { _links: links, name: shown },
      member: { _links: links, _id: MEMBER_ID, email, firstName, lastName },
    },
  };
}

/** The environment that an entry's resource is in. */
export function parentOf({ project, environment }: Place) {
  return {
    _links: { canonical: link(`/api/v2/projects/${project}/environments/${environment}`) },
    name: titleOf(environment),
    resource: `proj/${project}:env/${environment}`,
  };
}

/** The tags of a resource, as its specifier has them. */
export function tagsOf(tags: readonly string[]): string {
  return tags.map((tag, index) => (index === 0 ? ";" : ",") + tag).join("");
}

/** LaunchDarkly puts a backslash before punctuation that markdown would take for its own. */
export function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+\-.!]/g, "\\$&");
}

/** The name of an environment or project, which connections.yml has not: its key as a title. */
export function titleOf(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1);
}

/** As LaunchDarkly's: 24 hexadecimal digits that begin with the second. */
export function idAt(atMs: number): string {
  const seconds = Math.max(0, Math.floor(atMs / 1_000)) % 2 ** 32;
  return seconds.toString(16).padStart(8, "0") + randomBytes(8).toString("hex");
}
