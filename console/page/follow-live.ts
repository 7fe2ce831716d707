import { request } from "./call.ts";
import { getState, type PartName, type Parts, setState } from "./store.ts";

type Message = { readonly part: PartName; readonly value?: unknown; readonly problem?: string };

/** The server gives a sign of life every five seconds. */
const SILENCE_MS = 12_000;
const RETRY_MS = 1_000;
/** A page that nobody sees paints nothing, and its frames do not come. */
const HIDDEN_MS = 1_000;

/** Follows what the server tells, and finds it again when it was gone. */
export async function followLive(): Promise<void> {
  while (true) {
    await followOnce();
    await new Promise((wake) => setTimeout(wake, RETRY_MS));
  }
}

async function followOnce(): Promise<void> {
  const silence = new AbortController();
  let watch = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const answer = await request("/live", { signal: silence.signal });
    if (answer.status === 401 || answer.status === 403) {
      setState({ link: "locked" });
      return;
    }
    if (!answer.ok || !answer.body) throw new Error(`answered ${answer.status}`);
    setState({ link: "live" });
    let rest = "";
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(watch);
      watch = setTimeout(() => silence.abort(), SILENCE_MS);
      const events = (rest + chunk).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) if (event.startsWith("data: ")) take(JSON.parse(event.slice(6)));
    }
    setState({ link: "gone" });
  } catch {
    setState({ link: "gone" });
  } finally {
    clearTimeout(watch);
  }
}

/** Of several messages of a part within a frame only the last is shown: each says all that there is to say. */
const waiting = new Map<PartName, Message>();
let isScheduled = false;

function take(message: Message): void {
  waiting.set(message.part, message);
  if (isScheduled) return;
  isScheduled = true;
  if (document.hidden) setTimeout(show, HIDDEN_MS);
  else requestAnimationFrame(show);
}

function show(): void {
  isScheduled = false;
  const { parts, problems } = getState();
  const next: { parts: Partial<Record<PartName, unknown>>; problems: Partial<Record<PartName, string>> } = {
    parts: { ...parts },
    problems: { ...problems },
  };
  for (const { part, value, problem } of waiting.values()) {
    if (problem === undefined) {
      next.parts[part] = value;
      delete next.problems[part];
    } else next.problems[part] = problem;
  }
  waiting.clear();
  // Both sides come from one build: a part is what the server's type of that name says.
  setState({ parts: next.parts as Partial<Parts>, problems: next.problems });
}
