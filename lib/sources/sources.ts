import type { SourceName } from "../connections/schema.ts";
import { flagbridge } from "./flagbridge.ts";
import { segment } from "./segment.ts";
import type { Source } from "./source.ts";

/** The adapter of every source that a connection may name: a source without one does not compile. */
export const SOURCES: Readonly<Record<SourceName, Source>> = { segment, flagbridge };
