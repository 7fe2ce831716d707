/** The side of a local stack that no deployed bundle has: its sandbox, and what its functions were asked. */
export type SandboxDoor = {
  /** @throws {Error} when it does not answer, or answers no JSON */
  readonly get: (path: string) => Promise<unknown>;
  readonly send: (method: "POST" | "DELETE", path: string, body?: object) => Promise<SandboxReply>;
};

export type SandboxReply = { readonly status: number; readonly body: unknown };

/** `url` is the stack's own, without a slash at the end. */
export function openSandboxDoor(
  url: string,
  request: (url: string, init?: RequestInit) => Promise<Response>,
): SandboxDoor {
  const reply = async (path: string, init?: RequestInit): Promise<SandboxReply> => {
    const answer = await request(`${url}${path}`, init);
    return { status: answer.status, body: jsonOf(await answer.text()) };
  };
  return {
    get: async (path) => (await reply(path)).body,
    send: (method, path, body) => reply(path, { method, ...(body && { body: JSON.stringify(body) }) }),
  };
}

function jsonOf(text: string): unknown {
  return text.trim() === "" ? undefined : JSON.parse(text);
}
