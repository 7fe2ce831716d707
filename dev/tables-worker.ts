import { parentPort, workerData } from "node:worker_threads";
import dynalite from "dynalite";

/** The thread dynalite runs in: see tables.ts for why. */

export type TablesWorkerMessage =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "stopped" };

const { directory }: { directory?: string } = workerData;
const send = (message: TablesWorkerMessage): void => parentPort?.postMessage(message);

// dynalite throws from its request listener when a caller hangs up in the middle of a body, as a killed function does.
process.on("uncaughtException", (error: Error & { code?: string }) => {
  if (error.code !== "ECONNRESET") throw error;
});

const server = dynalite({ createTableMs: 0, ...(directory && { path: directory }) });
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) send({ kind: "listening", port: address.port });
});

parentPort?.once("message", () => {
  server.closeAllConnections();
  server.close(() => {
    send({ kind: "stopped" });
    parentPort?.close();
  });
});
