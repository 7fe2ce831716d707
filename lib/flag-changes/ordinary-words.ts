/**
 * Words that identify nobody, even if somebody's address begins with them: mailboxes of roles (https://www.rfc-editor.org/rfc/rfc2142)
 * and common words in the texts of changes. Hiding `test` or `flags` everywhere would hide the change itself.
 */
const ORDINARY_WORDS: ReadonlySet<string> = new Set(
  `abuse account accounts admin administrator alert alerts analytics api app apps automation backend beta billing bot bots build
  builds business canary ci cd cloud code config contact core customer customers data default demo deploy deployment deploys dev
  developer developers development devops eng engineer engineering engineers enterprise environment environments experiment
  experiments feature features finance flag flags frontend growth guest hello help hostmaster hr info infra infrastructure
  integration integrations internal it jobs launch launchdarkly legal local mail main management marketing master metric metrics
  mobile monitoring news noc noreply office ops operations owner platform postmaster press preview prod product production project
  projects qa quality release releases reply robot rollout root sales sandbox security segment segments server service services
  shop sre staff stage staging store support sys sysadmin system systems team teams tech terraform test tester testing tests token
  tokens tool tools user users web webhook webhooks webmaster www`.split(/\s+/),
);

/** A number with this many digits may identify somebody; a shorter one is a year or a count. */
const MIN_NUMBER_DIGITS = 5;

/** Says whether all folded parts of a word or phrase are ordinary: `release`, `bot`, `2`. */
export function areOrdinary(parts: readonly string[]): boolean {
  return parts.every((part) =>
    /^\p{N}+$/u.test(part) ? part.length < MIN_NUMBER_DIGITS : ORDINARY_WORDS.has(part),
  );
}
