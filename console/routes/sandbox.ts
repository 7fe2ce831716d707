import * as z from "zod";
import { OperatorProblem } from "../../operator/problem.ts";
import type { SandboxDoor } from "../../operator/sandbox-door.ts";
import type { Target } from "../../operator/target.ts";
import { type Fault, faultSwitches, SWITCHES } from "../fault-switches.ts";
import type { FaultSwitch } from "../page-data.ts";
import { type ConsoleRoute, checked } from "../route.ts";
import type { ConsoleWork } from "../work.ts";

const faults = z.object({ faults: z.array(z.looseObject({ fault: z.string() })) });
const toggle = z.object({
  flag: z.string().regex(/^[\w.-]+$/, "expected a key: letters, digits, '_', '.' and '-'"),
});
const turned = z.object({ flag: z.string(), on: z.boolean(), environment: z.string() });
const wanted = z.object({ id: z.string(), isOn: z.boolean() });

/** What only a local stack has: LaunchDarkly's flags to turn over, and faults to order. */
export function sandboxRoutes(work: ConsoleWork): readonly ConsoleRoute[] {
  const door = async (): Promise<SandboxDoor> => sandboxOf(await work.target());
  return [
    {
      method: "POST",
      path: "/flags/toggle",
      answer: async ({ body }) => {
        const { flag } = checked(toggle, body);
        const sandbox = await door();
        const { body: answer } = await sandbox.send("POST", `/sandbox/launchdarkly/flags/${flag}/toggle`);
        const { on, environment } = turned.parse(answer);
        work.refresh("flagChanges");
        return { flag, on, environment };
      },
    },
    {
      method: "POST",
      path: "/faults/set",
      answer: async ({ body }) => {
        const { id, isOn } = checked(wanted, body);
        const one = SWITCHES.find((known) => known.id === id);
        if (!one) throw new OperatorProblem(`There is no switch "${id}".`);
        const sandbox = await door();
        const before = await orderedFaults(sandbox);
        // The sandbox takes faults back all at once. Those that somebody else ordered are ordered again, with the times that are left.
        const others = before.filter((fault) => !one.is(fault));
        await sandbox.send("DELETE", PATH);
        const now = isOn ? [...others, one.fault] : others;
        if (now.length > 0) await sandbox.send("POST", PATH, { faults: now });
        work.refresh("faults");
        return {};
      },
    },
    {
      method: "POST",
      path: "/faults/clear",
      answer: async () => {
        const sandbox = await door();
        await sandbox.send("DELETE", PATH);
        work.refresh("faults");
        return {};
      },
    },
  ];
}

const PATH = "/sandbox/launchdarkly/faults";

async function orderedFaults(sandbox: SandboxDoor): Promise<readonly Fault[]> {
  return faults.parse(await sandbox.get(PATH)).faults;
}

export async function readFaults(
  sandbox: SandboxDoor,
): Promise<{ readonly switches: readonly FaultSwitch[]; readonly others: number }> {
  return faultSwitches(await orderedFaults(sandbox));
}

function sandboxOf({ calls }: Target): SandboxDoor {
  if (calls.sandbox) return calls.sandbox;
  throw new OperatorProblem("A deployed stage has no sandbox: this is for the local stack of npm start.");
}
