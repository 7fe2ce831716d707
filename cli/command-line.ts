/** A command line to type: what a shell would split or replace is in quotes. */
export function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(" ");
}

/** The options of a command as they were given, and again as words: those without a value are left out. */
export function optionWords(
  options: Readonly<Record<string, string | number | true | undefined>>,
): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return value === true ? [`--${name}`] : [`--${name}`, String(value)];
  });
}

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02 */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
