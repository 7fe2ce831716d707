import { chromium as pw } from "playwright-core";

const url = process.argv[2],
  out = process.argv[3] || "/tmp/shot",
  width = Number(process.argv[4] || 1280),
  scheme = process.argv[5] || "light",
  script = process.argv[6];
const b = await pw.launch({
  executablePath: "/tmp/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
  headless: true,
});
const c = await b.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
const p = await c.newPage();
p.on("console", (m) => console.log("console:", m.type(), m.text()));
p.on("pageerror", (e) => console.log("pageerror:", e.message));
await p.goto(url);
await p.waitForTimeout(2500);
if (script) {
  const m = await import(script);
  await m.default(p);
}
console.log(
  await p.evaluate(() => ({
    fcp: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    w: document.documentElement.scrollWidth,
    url: location.href,
  })),
);
await p.screenshot({ path: `${out}.png`, fullPage: true });
await b.close();
