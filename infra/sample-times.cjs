"use strict";

const { createHash } = require("node:crypto");

/** Whose events these are: an account that nobody can have, as in dev/events and in what the local stack makes. */
const NOBODY = "000000000000";

/** The times in a queue message, Unix ms: when it was accepted, and when each item of it became true. */
const MESSAGE_TIMES = new Set(["acceptedAt", "at"]);
const SENT_TIMES = ["SentTimestamp", "ApproximateFirstReceiveTimestamp"];

/**
 * A sample event as if it were sent now. A file can only hold the time at which it was written, and an old operation is
 * dead, one of the future wins over all that come later, and either makes the age of what was applied meaningless. All
 * times of a record move by as much as its `SentTimestamp`, so that what was earlier stays earlier. Events of a real
 * account are given as they came.
 */
function sentNow(event, nowMs) {
  if (Array.isArray(event?.Records)) {
    return { ...event, Records: event.Records.map((record) => recordSentNow(record, nowMs)) };
  }
  if (event?.requestContext?.accountId === NOBODY) {
    return {
      ...event,
      requestContext: { ...event.requestContext, time: commonLogTime(nowMs), timeEpoch: nowMs },
    };
  }
  if (event?.account === NOBODY && typeof event.time === "string") {
    return { ...event, time: `${new Date(nowMs).toISOString().slice(0, 19)}Z` };
  }
  return event;
}

function recordSentNow(record, nowMs) {
  const sentMs = Number(record?.attributes?.SentTimestamp);
  if (!String(record?.eventSourceARN).includes(`:${NOBODY}:`) || !Number.isFinite(sentMs)) return record;
  const laterMs = nowMs - sentMs;
  const body = bodyLater(record.body, laterMs);
  const attributes = { ...record.attributes };
  for (const name of SENT_TIMES) {
    if (name in attributes) attributes[name] = String(Number(attributes[name]) + laterMs);
  }
  return { ...record, body, attributes, md5OfBody: createHash("md5").update(body).digest("hex") };
}

/** For example `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(ms) {
  const [, day, month, year, time] =
    /^\w+, (\d\d) (\w+) (\d+) ([\d:]+)/.exec(new Date(ms).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

/** A body that is no JSON stays as it is: the function is to see it. */
function bodyLater(body, laterMs) {
  try {
    return JSON.stringify(
      JSON.parse(body, (name, value) =>
        MESSAGE_TIMES.has(name) && typeof value === "number" ? value + laterMs : value,
      ),
    );
  } catch {
    return body;
  }
}

module.exports = { sentNow };
