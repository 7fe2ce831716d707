import * as z from "zod";
import { openDoctor } from "../../operator/doctor/doctor.ts";
import { listConnections } from "../../operator/list-connections.ts";
import { pasteGuide } from "../../operator/paste-guide.ts";
import { setPaused } from "../../operator/pause.ts";
import { listSecrets } from "../../operator/secrets/list.ts";
import { type ConsoleRoute, checked } from "../route.ts";
import type { ConsoleWork } from "../work.ts";

const pause = z.object({ function: z.string(), destination: z.string(), isPaused: z.boolean() });

export function healthRoutes(work: ConsoleWork): readonly ConsoleRoute[] {
  return [
    {
      method: "POST",
      path: "/doctor",
      answer: async () => {
        const target = await work.target();
        const { version, describe } = work;
        const doctor = await openDoctor(target, { mode: "read", version }, { ...target.calls, describe });
        // Its check of the queues reads nothing away, so that it need not wait for dead letters.
        return doctor.run(() => {});
      },
    },
    {
      method: "GET",
      path: "/connections",
      answer: async () => {
        const target = await work.target();
        const guides = listConnections(target).flatMap((listed) => {
          const connection = target.connections.connections[listed.name];
          return connection ? [pasteGuide(listed, connection, target.where.url)] : [];
        });
        return { guides };
      },
    },
    {
      method: "GET",
      path: "/secrets",
      answer: async () => {
        const target = await work.target();
        return { secrets: await listSecrets(target, target.calls.secretStore.read) };
      },
    },
    {
      method: "POST",
      path: "/pause",
      answer: async ({ body }) => {
        const asked = checked(pause, body);
        const target = await work.target();
        const wanted = { functions: [asked.function], destination: asked.destination };
        const states = await setPaused(asked.isPaused, wanted, {
          bundle: target,
          eventSources: target.calls.eventSources,
          sleep: target.calls.sleep,
        });
        work.refresh("flow");
        return { functions: states };
      },
    },
  ];
}
