/** Stands for `curl` where there may be none: as much of it as the documentation uses. */

const request = { url: "", method: "", body: undefined as string | undefined };
const headers = new Headers();
const words = process.argv.slice(2);
for (let place = 0; place < words.length; place += 1) {
  const word = words[place] ?? "";
  if (!word.startsWith("-")) {
    request.url = word;
    continue;
  }
  place += 1;
  const value = words[place] ?? "";
  if (word === "-X") request.method = value;
  else if (word === "-d") request.body = value;
  else if (word === "-u") headers.set("authorization", `Basic ${Buffer.from(value).toString("base64")}`);
  else if (word === "-H") headers.set(value.split(": ")[0] ?? "", value.split(": ")[1] ?? "");
  else throw new Error(`this stand-in for curl does not know ${word}`);
}
const { url, body } = request;
const method = request.method || (body === undefined ? "GET" : "POST");
const answer = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
process.stdout.write(await answer.text());
