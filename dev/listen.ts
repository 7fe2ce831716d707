import type { Server } from "node:http";

/**
 * Listens on this machine alone, on a free port when `port` is 0, and gives the port.
 * @throws the server's own error, `EADDRINUSE` for one.
 */
export function listenOnLoopback(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      if (typeof address === "object" && address) resolve(address.port);
      else reject(new Error("the server listens on no port"));
    });
  });
}
