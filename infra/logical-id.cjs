"use strict";

/** `segment-engage` is `SegmentEngage`: letters and digits are all that CloudFormation takes. */
module.exports.logicalId = (name) =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
