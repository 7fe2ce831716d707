import type { CheckLine, LineAbout } from "./check.ts";

/** A line that AWS was asked for; `skipped`, with the name of the right, where the caller lacks it. */
export async function withRight(
  permission: string,
  line: LineAbout,
  look: () => Promise<CheckLine>,
): Promise<CheckLine> {
  try {
    return await look();
  } catch (error) {
    if (
      !(error instanceof Error) ||
      !/^(AccessDenied|AuthorizationError|UnauthorizedOperation)/.test(error.name)
    )
      throw error;
    return line.skipped(
      `your AWS credentials may not look: ${permission} is missing`,
      `Allow ${permission} to your credentials, or run it with others: --profile.`,
    );
  }
}
