import type { MiddlewareObj } from "@middy/core";
import type { Context } from "aws-lambda";
import { countingRequests, type RequestCounts } from "../lib/http/counted-requests.ts";
import { type HttpSession, openHttpSession } from "../lib/http/session.ts";

/** What {@link httpSession} adds to the context: the way to send requests, and how many ended in which way. */
export type SessionContext = {
  readonly http: Pick<HttpSession, "send">;
  readonly requests: RequestCounts;
};

/**
 * Middleware: opens one HTTP session per invocation. Every request in it has ended when the function answers, so that none
 * continues in the next invocation.
 */
export function httpSession<Event, Result>(): MiddlewareObj<Event, Result, Error, Context & SessionContext> {
  let session: HttpSession | undefined;
  const close = (): void => session?.close();
  return {
    before: ({ context }) => {
      session = openHttpSession();
      Object.assign(context, countingRequests(session));
    },
    after: close,
    onError: close,
  };
}
