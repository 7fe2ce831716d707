/** What is expected of `verdictOf`, combination by combination: to be read as a person will read it. */
export const SENTENCES: Readonly<Record<string, string>> = {
  "ledger none, LaunchDarkly member, hold free, dead letters none":
    "LaunchDarkly has it as a member, but no operation that Flagbridge knows says so: somebody added it there, or it was added before Flagbridge.",
  "ledger none, LaunchDarkly member, hold free, dead letters newer":
    "LaunchDarkly has it as a member, but no operation that Flagbridge knows says so: somebody added it there, or it was added before Flagbridge. An addition true at 10:05:00 is a dead letter (too-old): it never was acknowledged, and LaunchDarkly is as it wants all the same. `flagbridge dead-letters show 7f` shows it.",
  "ledger none, LaunchDarkly member, hold busy, dead letters none":
    "LaunchDarkly has it as a member, and Flagbridge knows no operation yet: the segment is being written (until 10:10:05 at the latest). Ask again in a few seconds.",
  "ledger none, LaunchDarkly member, hold busy, dead letters newer":
    "LaunchDarkly has it as a member, and Flagbridge knows no operation yet: the segment is being written (until 10:10:05 at the latest). Ask again in a few seconds. An addition true at 10:05:00 is a dead letter (too-old): it never was acknowledged, and LaunchDarkly is as it wants all the same. `flagbridge dead-letters show 7f` shows it.",
  "ledger none, LaunchDarkly member, hold stalled, dead letters none":
    "LaunchDarkly has it as a member, and Flagbridge knows no operation yet: a request to this segment got no answer, and may be what added it. Operations on the segment go on at 10:11:00; ask again then.",
  "ledger none, LaunchDarkly member, hold stalled, dead letters newer":
    "LaunchDarkly has it as a member, and Flagbridge knows no operation yet: a request to this segment got no answer, and may be what added it. Operations on the segment go on at 10:11:00; ask again then. An addition true at 10:05:00 is a dead letter (too-old): it never was acknowledged, and LaunchDarkly is as it wants all the same. `flagbridge dead-letters show 7f` shows it.",
  "ledger none, LaunchDarkly absent, hold free, dead letters none":
    "Nobody has said anything about it that arrived here, and LaunchDarkly does not have it. A removal is forgotten after 60 days.",
  "ledger none, LaunchDarkly absent, hold free, dead letters newer":
    "Nobody has said anything about it that arrived here, and LaunchDarkly does not have it. A removal is forgotten after 60 days. An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger none, LaunchDarkly absent, hold busy, dead letters none":
    "Nobody has said anything about it that is done, and LaunchDarkly does not have it. The segment is being written (until 10:10:05 at the latest): ask again in a few seconds.",
  "ledger none, LaunchDarkly absent, hold busy, dead letters newer":
    "Nobody has said anything about it that is done, and LaunchDarkly does not have it. The segment is being written (until 10:10:05 at the latest): ask again in a few seconds. An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger none, LaunchDarkly absent, hold stalled, dead letters none":
    "Nobody has said anything about it that is done, and LaunchDarkly does not have it. A request to this segment got no answer: operations on it wait until 10:11:00, and one for this member may be among them.",
  "ledger none, LaunchDarkly absent, hold stalled, dead letters newer":
    "Nobody has said anything about it that is done, and LaunchDarkly does not have it. A request to this segment got no answer: operations on it wait until 10:11:00, and one for this member may be among them. An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger none, LaunchDarkly unknown, hold free, dead letters none":
    "Nobody has said anything about it that arrived here. What LaunchDarkly has could not be read (launchdarkly-403).",
  "ledger none, LaunchDarkly unknown, hold free, dead letters newer":
    "Nobody has said anything about it that arrived here. What LaunchDarkly has could not be read (launchdarkly-403). An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger none, LaunchDarkly unknown, hold busy, dead letters none":
    "Nobody has said anything about it that is done; the segment is being written (until 10:10:05 at the latest). What LaunchDarkly has could not be read (launchdarkly-403).",
  "ledger none, LaunchDarkly unknown, hold busy, dead letters newer":
    "Nobody has said anything about it that is done; the segment is being written (until 10:10:05 at the latest). What LaunchDarkly has could not be read (launchdarkly-403). An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger none, LaunchDarkly unknown, hold stalled, dead letters none":
    "Nobody has said anything about it that is done; a request to this segment got no answer, and operations on it wait until 10:11:00. What LaunchDarkly has could not be read (launchdarkly-403).",
  "ledger none, LaunchDarkly unknown, hold stalled, dead letters newer":
    "Nobody has said anything about it that is done; a request to this segment got no answer, and operations on it wait until 10:11:00. What LaunchDarkly has could not be read (launchdarkly-403). An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger added, LaunchDarkly member, hold free, dead letters none":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees.",
  "ledger added, LaunchDarkly member, hold free, dead letters older":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger added, LaunchDarkly member, hold free, dead letters newer":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees. An addition true at 10:05:00 is a dead letter (too-old): it never was acknowledged, and LaunchDarkly is as it wants all the same. `flagbridge dead-letters show 7f` shows it.",
  "ledger added, LaunchDarkly member, hold busy, dead letters none":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; the segment is being written (until 10:10:05 at the latest), which may change this.",
  "ledger added, LaunchDarkly member, hold busy, dead letters older":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; the segment is being written (until 10:10:05 at the latest), which may change this. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger added, LaunchDarkly member, hold busy, dead letters newer":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; the segment is being written (until 10:10:05 at the latest), which may change this. An addition true at 10:05:00 is a dead letter (too-old): it never was acknowledged, and LaunchDarkly is as it wants all the same. `flagbridge dead-letters show 7f` shows it.",
  "ledger added, LaunchDarkly member, hold stalled, dead letters none":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; a request to this segment got no answer, and what is newer waits until 10:11:00.",
  "ledger added, LaunchDarkly member, hold stalled, dead letters older":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; a request to this segment got no answer, and what is newer waits until 10:11:00. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger added, LaunchDarkly member, hold stalled, dead letters newer":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; a request to this segment got no answer, and what is newer waits until 10:11:00. An addition true at 10:05:00 is a dead letter (too-old): it never was acknowledged, and LaunchDarkly is as it wants all the same. `flagbridge dead-letters show 7f` shows it.",
  "ledger added, LaunchDarkly absent, hold free, dead letters none":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly does not have it: edited there by hand? `flagbridge diff --segment vip --repair` sends it again.",
  "ledger added, LaunchDarkly absent, hold free, dead letters older":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly does not have it: edited there by hand? `flagbridge diff --segment vip --repair` sends it again. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger added, LaunchDarkly absent, hold free, dead letters newer":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly does not have it: edited there by hand? `flagbridge diff --segment vip --repair` sends it again. An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger added, LaunchDarkly absent, hold busy, dead letters none":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly does not have it. The segment is being written (until 10:10:05 at the latest), perhaps to remove it: ask again in a few seconds.",
  "ledger added, LaunchDarkly absent, hold busy, dead letters older":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly does not have it. The segment is being written (until 10:10:05 at the latest), perhaps to remove it: ask again in a few seconds. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger added, LaunchDarkly absent, hold busy, dead letters newer":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly does not have it. The segment is being written (until 10:10:05 at the latest), perhaps to remove it: ask again in a few seconds. An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger added, LaunchDarkly absent, hold stalled, dead letters none":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly does not have it. A request to this segment got no answer and may have removed it: operations go on at 10:11:00. If it is still missing then, `flagbridge diff --segment vip --repair` sends it again.",
  "ledger added, LaunchDarkly absent, hold stalled, dead letters older":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly does not have it. A request to this segment got no answer and may have removed it: operations go on at 10:11:00. If it is still missing then, `flagbridge diff --segment vip --repair` sends it again. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger added, LaunchDarkly absent, hold stalled, dead letters newer":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly does not have it. A request to this segment got no answer and may have removed it: operations go on at 10:11:00. If it is still missing then, `flagbridge diff --segment vip --repair` sends it again. An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger added, LaunchDarkly unknown, hold free, dead letters none":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). Whether LaunchDarkly still has it could not be read (launchdarkly-403).",
  "ledger added, LaunchDarkly unknown, hold free, dead letters older":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger added, LaunchDarkly unknown, hold free, dead letters newer":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03). Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger added, LaunchDarkly unknown, hold busy, dead letters none":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03); the segment is being written (until 10:10:05 at the latest). Whether LaunchDarkly still has it could not be read (launchdarkly-403).",
  "ledger added, LaunchDarkly unknown, hold busy, dead letters older":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03); the segment is being written (until 10:10:05 at the latest). Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger added, LaunchDarkly unknown, hold busy, dead letters newer":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03); the segment is being written (until 10:10:05 at the latest). Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger added, LaunchDarkly unknown, hold stalled, dead letters none":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03); a request to this segment got no answer since, and what is newer waits until 10:11:00. Whether LaunchDarkly still has it could not be read (launchdarkly-403).",
  "ledger added, LaunchDarkly unknown, hold stalled, dead letters older":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03); a request to this segment got no answer since, and what is newer waits until 10:11:00. Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger added, LaunchDarkly unknown, hold stalled, dead letters newer":
    "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03); a request to this segment got no answer since, and what is newer waits until 10:11:00. Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger removed, LaunchDarkly member, hold free, dead letters none":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly has it as a member: added there by hand? `flagbridge diff --segment vip --repair` removes it again.",
  "ledger removed, LaunchDarkly member, hold free, dead letters older":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly has it as a member: added there by hand? `flagbridge diff --segment vip --repair` removes it again. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger removed, LaunchDarkly member, hold free, dead letters newer":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly has it as a member: added there by hand? `flagbridge diff --segment vip --repair` removes it again. An addition true at 10:05:00 is a dead letter (too-old): it never was acknowledged, and LaunchDarkly is as it wants all the same. `flagbridge dead-letters show 7f` shows it.",
  "ledger removed, LaunchDarkly member, hold busy, dead letters none":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly has it as a member. The segment is being written (until 10:10:05 at the latest), perhaps to add it: ask again in a few seconds.",
  "ledger removed, LaunchDarkly member, hold busy, dead letters older":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly has it as a member. The segment is being written (until 10:10:05 at the latest), perhaps to add it: ask again in a few seconds. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger removed, LaunchDarkly member, hold busy, dead letters newer":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly has it as a member. The segment is being written (until 10:10:05 at the latest), perhaps to add it: ask again in a few seconds. An addition true at 10:05:00 is a dead letter (too-old): it never was acknowledged, and LaunchDarkly is as it wants all the same. `flagbridge dead-letters show 7f` shows it.",
  "ledger removed, LaunchDarkly member, hold stalled, dead letters none":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly has it as a member. A request to this segment got no answer and may have added it: operations go on at 10:11:00. If it is still there then, `flagbridge diff --segment vip --repair` removes it again.",
  "ledger removed, LaunchDarkly member, hold stalled, dead letters older":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly has it as a member. A request to this segment got no answer and may have added it: operations go on at 10:11:00. If it is still there then, `flagbridge diff --segment vip --repair` removes it again. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger removed, LaunchDarkly member, hold stalled, dead letters newer":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03), but LaunchDarkly has it as a member. A request to this segment got no answer and may have added it: operations go on at 10:11:00. If it is still there then, `flagbridge diff --segment vip --repair` removes it again. An addition true at 10:05:00 is a dead letter (too-old): it never was acknowledged, and LaunchDarkly is as it wants all the same. `flagbridge dead-letters show 7f` shows it.",
  "ledger removed, LaunchDarkly absent, hold free, dead letters none":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees.",
  "ledger removed, LaunchDarkly absent, hold free, dead letters older":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger removed, LaunchDarkly absent, hold free, dead letters newer":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees. An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger removed, LaunchDarkly absent, hold busy, dead letters none":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; the segment is being written (until 10:10:05 at the latest), which may change this.",
  "ledger removed, LaunchDarkly absent, hold busy, dead letters older":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; the segment is being written (until 10:10:05 at the latest), which may change this. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger removed, LaunchDarkly absent, hold busy, dead letters newer":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; the segment is being written (until 10:10:05 at the latest), which may change this. An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger removed, LaunchDarkly absent, hold stalled, dead letters none":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; a request to this segment got no answer, and what is newer waits until 10:11:00.",
  "ledger removed, LaunchDarkly absent, hold stalled, dead letters older":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; a request to this segment got no answer, and what is newer waits until 10:11:00. An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger removed, LaunchDarkly absent, hold stalled, dead letters newer":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). LaunchDarkly agrees; a request to this segment got no answer, and what is newer waits until 10:11:00. An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger removed, LaunchDarkly unknown, hold free, dead letters none":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). Whether LaunchDarkly still has it could not be read (launchdarkly-403).",
  "ledger removed, LaunchDarkly unknown, hold free, dead letters older":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger removed, LaunchDarkly unknown, hold free, dead letters newer":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03). Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger removed, LaunchDarkly unknown, hold busy, dead letters none":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03); the segment is being written (until 10:10:05 at the latest). Whether LaunchDarkly still has it could not be read (launchdarkly-403).",
  "ledger removed, LaunchDarkly unknown, hold busy, dead letters older":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03); the segment is being written (until 10:10:05 at the latest). Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger removed, LaunchDarkly unknown, hold busy, dead letters newer":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03); the segment is being written (until 10:10:05 at the latest). Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
  "ledger removed, LaunchDarkly unknown, hold stalled, dead letters none":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03); a request to this segment got no answer since, and what is newer waits until 10:11:00. Whether LaunchDarkly still has it could not be read (launchdarkly-403).",
  "ledger removed, LaunchDarkly unknown, hold stalled, dead letters older":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03); a request to this segment got no answer since, and what is newer waits until 10:11:00. Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 09:00:00 is a dead letter (too-old) and changes nothing: what the ledger has is newer.",
  "ledger removed, LaunchDarkly unknown, hold stalled, dead letters newer":
    "Removed by message m-42 (true at 10:01:58, acknowledged 10:02:03); a request to this segment got no answer since, and what is newer waits until 10:11:00. Whether LaunchDarkly still has it could not be read (launchdarkly-403). An addition true at 10:05:00 is a dead letter (too-old), newer than all that was acknowledged, so that it never took effect: `flagbridge dead-letters show 7f` shows why.",
};
