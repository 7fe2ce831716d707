import type { ServerResponse } from "node:http";
import { SAFE_HEADERS } from "./answer.ts";
import type { Live } from "./live.ts";

/** A proxy or a sleeping machine may cut a silent stream: the page takes twice this long without a sign for the end. */
const SIGN_OF_LIFE_MS = 5_000;
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

export type Streams = {
  /** Tells a page what happens, until it or {@link Streams.stop} ends that. */
  readonly open: (response: ServerResponse) => void;
  readonly stop: () => void;
};

/** Server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function openStreams(live: Pick<Live, "join">): Streams {
  const streams = new Set<ServerResponse>();
  return {
    open: (response) => {
      response.writeHead(200, { ...SAFE_HEADERS, "content-type": "text/event-stream" });
      response.write(": here\n\n");
      const leave = live.join((messages) => {
        // A page that does not read as fast as it is told is told less: what it misses comes again with the next change.
        if (response.writableLength > MAX_UNREAD_BYTES) return;
        for (const message of messages) response.write(`data: ${JSON.stringify(message)}\n\n`);
      });
      const alive = setInterval(() => response.write(": here\n\n"), SIGN_OF_LIFE_MS);
      streams.add(response);
      response.on("close", () => {
        clearInterval(alive);
        streams.delete(response);
        leave();
      });
    },
    stop: () => {
      for (const response of streams) response.destroy();
    },
  };
}
