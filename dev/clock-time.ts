/** `14:02:11` as the clock on this machine's wall shows it. */
export function clockTime(unixMs: number): string {
  return new Date(unixMs).toTimeString().slice(0, 8);
}
