import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { SERVICE, STAGE } from "../../dev/emulated/deployment.ts";

/**
 * Kills every process in which the emulator runs this function, as a host that fails does, and says how many there were.
 * MiniStack names the folder that a function runs in after it.
 */
export async function killFunction(emulatorPid: number, name: string): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,args="]);
  const pids = stdout.split("\n").flatMap((line) => {
    const [, pid, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    const isIts = command.includes(`ministack-lambda-${SERVICE}-${STAGE}-${name}-`);
    return Number(parent) === emulatorPid && isIts ? [Number(pid)] : [];
  });
  for (const pid of pids) process.kill(pid, "SIGKILL");
  return pids.length;
}
