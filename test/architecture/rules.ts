/** A source file of the project: its path from the root, with `/`, and its text. */
export type SourceFile = { readonly path: string; readonly text: string };

/** One broken rule, as a line to read: where, what, and what to do instead. */
export type Violation = {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly remedy: string;
};

/** Every rule over every file. Empty when the project is as design §9 and style §2–4 want it. */
export function findViolations(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => [
    ...brokenImports(file),
    ...brokenEffects(file),
    ...brokenNames(file),
    ...brokenLengths(file),
  ]);
}

export function describeViolation({ path, line, rule, remedy }: Violation): string {
  return `${path}:${line} ${rule}. ${remedy}`;
}

type ImportRule = {
  readonly rule: string;
  /** Files that the rule is for. */
  readonly of: (path: string) => boolean;
  /** What they must not import: a path from the root, or a package's name. */
  readonly target: RegExp;
  readonly remedy: string;
};

/** Tests and what only tests use: they may reach outwards, and may use clocks and the environment. */
const isTest = (path: string): boolean =>
  path.startsWith("test/") || /\.(test|contract|simulation)\.ts$/.test(path);
const isComposition = (path: string): boolean =>
  path === "functions/compose.ts" || path === "operator/target.ts";
const isHandler = (path: string): boolean => /^functions\/[^/]+\/handler\.ts$/.test(path);
const isIn =
  (folder: string) =>
  (path: string): boolean =>
    path.startsWith(`${folder}/`);
/** What runs in a browser has its clock and its `fetch`, and is shown to nobody else. */
const isPage = isIn("console/page");
const isTool = (path: string): boolean => /^(cli|dev|bench|infra)\//.test(path);

const IMPORT_RULES: readonly ImportRule[] = [
  {
    rule: "imports the AWS SDK outside lib/aws",
    // The emulators of the local stack are tested with the clients that they are there for, and so is what is deployed to
    // an emulator of AWS; the build says what of the SDK stays out of a bundle.
    of: (path) =>
      !path.startsWith("lib/aws/") &&
      !path.startsWith("test/deploy/") &&
      !/^dev\/[^/]+\.test\.ts$/.test(path) &&
      path !== "cli/aws-ballast.ts",
    target: /^@(aws-sdk|smithy)\//,
    remedy: "Declare the calls you need as a port where you need them, and implement it in lib/aws",
  },
  {
    rule: "lib imports an outer folder",
    of: (path) => path.startsWith("lib/") && !isTest(path),
    target: /^(functions|operator|cli|console|dev|test|bench|infra)\//,
    remedy: "Take what you need as an argument, or move it into lib",
  },
  {
    rule: "imports lib/aws where only composition may",
    of: (path) => !path.startsWith("lib/aws/") && !isComposition(path) && !isTool(path) && !isTest(path),
    target: /^lib\/aws\//,
    remedy: "Take a port as an argument; functions/compose.ts or operator/target.ts opens the implementation",
  },
  {
    rule: "operator imports one of its faces",
    of: (path) => path.startsWith("operator/") && !isTest(path),
    target: /^(cli|console|dev|test|bench|infra|commander|@clack\/prompts)(\/|$)/,
    remedy:
      "A task has no terminal and no browser: return what is to be shown, and take effects as arguments",
  },
  {
    rule: "the page imports what does not run in a browser",
    of: (path) => path.startsWith("console/page/") && !isTest(path),
    target: /^(node:|lib\/aws\/|cli\/|dev\/|test\/|@aws-sdk)/,
    remedy: "Ask the console's server for it; of operator/ and console/ the page imports types alone",
  },
  {
    rule: "imports a function's file from outside its folder",
    // The document of the HTTP interface is made of ingest's own tables, so that it cannot say anything else.
    of: (path) => !isTest(path) && !/^(lib|bench|cli\/openapi)\//.test(path),
    target: /^functions\/[^/]+\//,
    remedy:
      "Move what two need into lib or beside compose.ts; the local stack and the command line run the bundle",
  },
  {
    rule: "a function imports what only the operator's tools use",
    // An erasure needs every segment that there is, and is rare: docs/adr/0014.
    of: (path) =>
      isIn("functions")(path) && !isIn("functions/eraser")(path) && path !== "functions/compose.ts",
    target:
      /^lib\/(audience\/ledger\/(listing|partitions|dynamodb-(listing|places|forgetting))|table\/(reading-calls|pages-side-by-side)|aws\/dynamodb-reading)\.ts$/,
    remedy: "Functions read and write by key: what lists or scans a table costs too much beside their work",
  },
  {
    rule: "a source imports a destination",
    of: isIn("lib/sources"),
    target: /^lib\/(launchdarkly|posthog)\//,
    remedy: "Sources give operations; who writes them where is decided in functions",
  },
  {
    rule: "a destination imports a source",
    of: (path) => /^lib\/(launchdarkly|posthog)\//.test(path),
    target: /^lib\/sources\//,
    remedy: "Destinations take operations and know no vendor",
  },
  {
    rule: "delivery imports what it serves",
    of: (path) => path.startsWith("lib/delivery/") && !isTest(path),
    target: /^lib\/(audience|sources|connections|launchdarkly|posthog)\//,
    remedy: "lib/delivery knows fates, retries and budgets only: take the rest as arguments",
  },
];

function brokenImports(file: SourceFile): Violation[] {
  return importsOf(file).flatMap(({ target, line }) =>
    IMPORT_RULES.filter(
      (rule) => rule.of(file.path) && rule.target.test(target) && !isWithinOneFunction(file.path, target),
    ).map(({ rule, remedy }) => ({ path: file.path, line, rule: `${rule} (${target})`, remedy })),
  );
}

function isWithinOneFunction(path: string, target: string): boolean {
  const folder = /^functions\/[^/]+\//.exec(path)?.[0];
  return folder !== undefined && target.startsWith(folder);
}

type EffectRule = {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly remedy: string;
  /** Where it is right, each with its reason. */
  readonly allowed: readonly { readonly where: RegExp; readonly because: string }[];
};

const composition = {
  where: /^(functions\/compose|operator\/target)\.ts$/,
  because: "the composition root hands effects to the work",
};

const EFFECT_RULES: readonly EffectRule[] = [
  {
    rule: "reads the environment",
    pattern: /\bprocess\s*\.\s*env\b|\bfrom "node:process"/,
    remedy: "Read it in the function's env.ts, checked, and pass the value",
    allowed: [
      { where: /^functions\/[^/]+\/handler\.ts$/, because: "it hands the variables to whoever checks them" },
      { where: /^functions\/[^/]+\/env\.ts$/, because: "the one place that knows a function's variables" },
      {
        where: /^lib\/aws\/environment\.ts$/,
        because: "AWS's own variables, which are the same for every function",
      },
    ],
  },
  {
    rule: "calls the global fetch",
    pattern: /(?<![\w.#])fetch\s*\(|\bglobalThis\.fetch\b/,
    remedy: "Use the HTTP session of lib/delivery: kept alive, timed, and half the CPU",
    allowed: [
      { where: /^operator\/target\.ts$/, because: "a command asks the local stack once, and ends" },
      { where: /^console\/post\.ts$/, because: "a sample is sent when somebody presses a button" },
    ],
  },
  {
    rule: "reads the clock",
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b/,
    remedy: "Take the time, or `now`, as an argument",
    allowed: [composition],
  },
  {
    rule: "draws random numbers",
    pattern: /\bMath\.random\b/,
    remedy: "Take `random` as an argument",
    allowed: [composition],
  },
];

function brokenEffects({ path, text }: SourceFile): Violation[] {
  if (isTest(path) || isTool(path) || isPage(path)) return [];
  const lines = withoutComments(text).split("\n");
  return EFFECT_RULES.filter(({ allowed }) => !allowed.some(({ where }) => where.test(path))).flatMap(
    ({ rule, pattern, remedy }) =>
      lines.flatMap((content, index) =>
        pattern.test(content) ? [{ path, line: index + 1, rule, remedy }] : [],
      ),
  );
}

function brokenNames({ path }: SourceFile): Violation[] {
  if (
    !/(^|\/)(index|utils?|helpers?|common|misc)(\.[a-z]+)*\.ts$|\/(utils?|helpers?|common|misc)\//.test(path)
  )
    return [];
  return [
    {
      path,
      line: 1,
      rule: "is named by no idea",
      remedy: "Name it by what it does; things without a name in common belong apart",
    },
  ];
}

/** Besides its imports: what a handler composes from is not what it does. */
const MAX_HANDLER_LINES = 40;
const MAX_FILE_LINES = 300;
/** Cases one below the other are read one at a time. */
const MAX_TEST_LINES = 400;

function brokenLengths({ path, text }: SourceFile): Violation[] {
  const lines = text.trimEnd().split("\n");
  const afterImports = lines.findLastIndex((line) => /\bfrom ["']/.test(line)) + 1;
  if (isHandler(path) && lines.length - afterImports > MAX_HANDLER_LINES) {
    return [
      {
        path,
        line: afterImports + MAX_HANDLER_LINES + 1,
        rule: `has over ${MAX_HANDLER_LINES} lines besides its imports`,
        remedy: "Wire, call, answer: move the rest into the work file",
      },
    ];
  }
  const limit = isTest(path) ? MAX_TEST_LINES : MAX_FILE_LINES;
  if (lines.length <= limit) return [];
  return [{ path, line: limit + 1, rule: `has over ${limit} lines`, remedy: "Cut it by idea" }];
}

/** What a file imports: packages by name, files by their path from the root. */
function importsOf({ path, text }: SourceFile): { readonly target: string; readonly line: number }[] {
  const code = withoutComments(text);
  const pattern = /\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g;
  return [...code.matchAll(pattern)].map((match) => ({
    target: fromRoot(path, match[1] ?? ""),
    line: code.slice(0, match.index + match[0].length).split("\n").length,
  }));
}

function fromRoot(importer: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, `file:///${importer}`).pathname.slice(1);
}

/** The text with every comment blanked and every line where it was: a rule may be named without being broken. */
function withoutComments(text: string): string {
  const token = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(token, (found) => (/^\/[/*]/.test(found) ? found.replace(/[^\n]/g, " ") : found));
}
