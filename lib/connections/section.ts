import * as z from "zod";

const NO_SUCH_OPTION = "no such option; the options here are: ";

/** A mapping that refuses unknown options: a misspelt option must not silently leave the right one at its default. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const options = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? `${NO_SUCH_OPTION}${options}` : undefined),
  });
}

/** Returns the options of a mapping, read from the message of its {@link section} about an unknown option. */
export function optionsIn(message: string): readonly string[] {
  return message.startsWith(NO_SUCH_OPTION) ? message.slice(NO_SUCH_OPTION.length).split(", ") : [];
}
