import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Of a request to the console, all that decides whether it may come in. */
export type Knock = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
};

export type Admission =
  | { readonly kind: "page"; readonly setCookie: string | undefined }
  /** A script or style of the page: they hold nothing of anybody. */
  | { readonly kind: "asset" }
  | { readonly kind: "api" }
  | { readonly kind: "refused"; readonly status: 401 | 403 | 405; readonly message: string };

export type Lock = { readonly token: string; readonly port: () => number };

/**
 * Who may come in. Names of this machine's loopback alone are hosts, so that no name that an attacker points at 127.0.0.1 gets an
 * answer; another page's request has another origin; and everything that reads or changes wants the token in a header, which no form,
 * image or link of another page can send. The token opens the page once; a cookie, which is good for the page alone and not for what
 * it shows, lets it be loaded again. Cookies of a host go to every port of it: that is why one does not open more.
 * https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function admit(knock: Knock, lock: Lock): Admission {
  const { headers, path, method, query } = knock;
  const port = lock.port();
  const hosts = ["localhost", "127.0.0.1", "[::1]"].map((name) => `${name}:${port}`);
  const host = headers.host ?? "";
  if (!hosts.includes(host))
    return refused(
      403,
      `The console answers to ${hosts.join(", ")} alone, and this request names another host.`,
    );
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  const isPage = path === "/console" || path === "/console/";
  if (origin !== undefined && origin !== `http://${host}`) return refused(403, FOREIGN);
  if (!isPage && site !== undefined && site !== "same-origin") return refused(403, FOREIGN);
  if (path.startsWith("/console/api/"))
    return isRight(bearerOf(headers), lock.token)
      ? { kind: "api" }
      : refused(
          401,
          "This needs the console's token: open the console with the URL that was printed when it started.",
        );
  if (method !== "GET" && method !== "HEAD") return refused(405, "The page itself is only read.");
  if (!isPage) return { kind: "asset" };
  const cookie = cookieOf(lock.token, port);
  if (isRight(query.get("token") ?? "", lock.token))
    return { kind: "page", setCookie: `${cookie}; Path=/console; HttpOnly; SameSite=Strict` };
  const cookies = (headers.cookie ?? "").split(/;\s*/);
  if (cookies.some((one) => isRight(one, cookie))) return { kind: "page", setCookie: undefined };
  return refused(
    401,
    "Open the console with the URL that npm start or npx flagbridge console printed: it has a token, without which nobody gets in.",
  );
}

const FOREIGN = "The console takes requests of its own page alone, and this one comes from another.";

function refused(status: 401 | 403 | 405, message: string): Admission {
  return { kind: "refused", status, message };
}

function bearerOf({ authorization = "" }: IncomingHttpHeaders): string {
  return /^Bearer (\S+)$/.exec(authorization)?.[1] ?? "";
}

/** What the cookie says cannot be turned back into the token. */
function cookieOf(token: string, port: number): string {
  return `flagbridge-console-${port}=${createHmac("sha256", token).update("page").digest("base64url")}`;
}

function isRight(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}
