import { useEffect, useState } from "preact/hooks";
import type { CheckLine } from "../../operator/doctor/check.ts";
import type { PasteGuide } from "../../operator/paste-guide.ts";
import type { ListedSecret } from "../../operator/secrets/list.ts";
import type { Checks, Connections, Secrets } from "../page-data.ts";
import { call, problemOf } from "./call.ts";
import { Action, Outside, Pill, Problem, Section, Table, Time, type Tone } from "./parts.tsx";
import { useStore } from "./store.ts";

/** Whether every edge holds, what to paste where, and which secrets there are. */
export function Health() {
  return (
    <Section id="health" title="Health">
      <Doctor />
      <div class="pair">
        <ConnectionList />
        <SecretList />
      </div>
    </Section>
  );
}

const TONES: Readonly<Record<CheckLine["status"], readonly [Tone, string]>> = {
  ok: ["good", "ok"],
  warning: ["note", "to know"],
  failed: ["bad", "failed"],
  skipped: ["quiet", "not checked"],
};
/** What a person has to do something about comes first. */
const ORDER: readonly CheckLine["status"][] = ["failed", "warning", "skipped", "ok"];

function Doctor() {
  const [checks, setChecks] = useState<Checks>();
  const [problem, setProblem] = useState<string>();
  const sorted = [...(checks?.checks ?? [])].sort(
    (a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status),
  );
  return (
    <div class="doctor">
      <p>
        <Action
          label="Run the doctor"
          kind="primary"
          onProblem={setProblem}
          work={async () => setChecks(await call<Checks>("POST", "/doctor"))}
        />{" "}
        <span class="facts">
          {checks
            ? ORDER.map(
                (status) => `${sorted.filter((one) => one.status === status).length} ${TONES[status][1]}`,
              ).join(", ")
            : "It proves every edge: secrets, tokens, rights, metrics, webhooks, PostHog, AWS. It only reads."}
        </span>
      </p>
      {problem && <Problem text={problem} />}
      {checks && (
        <Table label="What the doctor found" columns={["", "Of", { text: "Found", kind: "wide" }]}>
          {sorted.map(({ id, subject, status, found, fix }, at) => {
            const [tone, word] = TONES[status];
            return (
              <tr key={at}>
                <td title={id}>
                  <Pill tone={tone}>{word}</Pill>
                </td>
                <td>{subject}</td>
                <td class="wide">
                  <Outside text={found} longest={1_000} />
                  {fix !== "" && (
                    <p class="cause">
                      → <Outside text={fix} longest={1_000} />
                    </p>
                  )}
                </td>
              </tr>
            );
          })}
        </Table>
      )}
    </div>
  );
}

/** Asked again when the bundle was away: it may have come back as another. */
function useAnswer<Answer>(path: string): {
  readonly answer: Answer | undefined;
  readonly problem: string | undefined;
} {
  const isLive = useStore(({ link }) => link === "live");
  const [answer, setAnswer] = useState<Answer>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    if (!isLive) return;
    call<Answer>("GET", path)
      .then((read) => {
        setAnswer(() => read);
        setProblem(undefined);
      })
      .catch((error) => setProblem(problemOf(error)));
  }, [isLive]);
  return { answer, problem };
}

function ConnectionList() {
  const { answer, problem } = useAnswer<Connections>("/connections");
  return (
    <div>
      <h3>Connections</h3>
      {problem && <Problem text={problem} />}
      {answer?.guides.map((guide) => (
        <Connection key={guide.connection} guide={guide} />
      ))}
    </div>
  );
}

function Connection({ guide: { connection, source, url, ways, page } }: { readonly guide: PasteGuide }) {
  return (
    <article class="connection">
      <header class="box-head">
        <p class="title">{connection}</p>
        <span class="facts">{source}</span>
      </header>
      <Copyable text={url} />
      <details>
        <summary>What to paste where</summary>
        {ways.map(({ where, fields }) => (
          <div key={where}>
            <p>{where}</p>
            <dl>
              {fields.map(({ field, value }) => (
                <>
                  <dt>{field}</dt>
                  <dd>
                    <Outside text={value} longest={500} />
                  </dd>
                </>
              ))}
            </dl>
          </div>
        ))}
        <p class="facts">More: {page}</p>
      </details>
    </article>
  );
}

function Copyable({ text }: { readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <div class="copyable">
      <code>{text}</code>
      <button
        type="button"
        class="action secondary"
        aria-label={`Copy ${text}`}
        onClick={() => copy().catch(() => {})}
      >
        {isCopied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

const STATES: Readonly<Record<ListedSecret["state"], Tone>> = {
  ok: "good",
  empty: "note",
  wrong: "bad",
  missing: "bad",
};

function SecretList() {
  const { answer, problem } = useAnswer<Secrets>("/secrets");
  return (
    <div>
      <h3>Secrets</h3>
      {problem && <Problem text={problem} />}
      {answer && (
        <Table label="Secrets" columns={["Name", "Used by", "State", "Changed"]}>
          {answer.secrets.map(({ name, usedBy, state, changedAt, problems }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{usedBy.join(", ")}</td>
              <td>
                <Pill tone={STATES[state]}>{state}</Pill>
                {problems.map((text) => (
                  <p class="cause" key={text}>
                    {text}
                  </p>
                ))}
              </td>
              <td>{changedAt === null ? "never" : <Time iso={changedAt} withDay />}</td>
            </tr>
          ))}
        </Table>
      )}
    </div>
  );
}
