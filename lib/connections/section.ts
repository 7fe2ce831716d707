import * as z from "zod";

const NO_SUCH_OPTION = "no such option; the options here are: ";

/** A mapping with these options and no others: a misspelt option must not be an option that silently has its default. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const options = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? `${NO_SUCH_OPTION}${options}` : undefined),
  });
}

/** The options that a mapping may have, by what its {@link section} says of another one. */
export function optionsIn(message: string): readonly string[] {
  return message.startsWith(NO_SUCH_OPTION) ? message.slice(NO_SUCH_OPTION.length).split(", ") : [];
}
