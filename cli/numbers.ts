import { InvalidArgumentError } from "commander";

/** Reads the value of an option that is a whole number of at least `least`. */
export function wholeNumber(option: string, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= least) return value;
    throw new InvalidArgumentError(`${option}: expected a whole number from ${least} up.`);
  };
}

/** A count with its noun: "1 member", "2 members". */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
