import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/**
 * What every answer of the console has. Nothing but its own script and style runs or is loaded, no text can become markup, no
 * other page can frame it, read it or keep a hold of it, and its address goes nowhere.
 */
export const SAFE_HEADERS: OutgoingHttpHeaders = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Pico draws its marks as data: images.
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), clipboard-write=(self)",
  "cache-control": "no-store",
};

export type ConsoleAnswer =
  | { readonly kind: "json"; readonly status: number; readonly body: unknown }
  | { readonly kind: "text"; readonly status: number; readonly text: string }
  | {
      readonly kind: "file";
      readonly type: string;
      readonly bytes: Uint8Array;
      readonly headers: OutgoingHttpHeaders;
    };

export function write(response: ServerResponse, answer: ConsoleAnswer): void {
  switch (answer.kind) {
    case "json":
      response.writeHead(answer.status, { ...SAFE_HEADERS, "content-type": "application/json" });
      response.end(`${JSON.stringify(answer.body)}\n`);
      return;
    case "text":
      response.writeHead(answer.status, { ...SAFE_HEADERS, "content-type": "text/plain; charset=utf-8" });
      response.end(`${answer.text}\n`);
      return;
    case "file":
      response.writeHead(200, { ...SAFE_HEADERS, "content-type": answer.type, ...answer.headers });
      response.end(answer.bytes);
      return;
  }
}
