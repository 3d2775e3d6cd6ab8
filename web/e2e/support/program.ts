/** Real programs on loopback: started, awaited by their ready line, ended by their own id. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const READY_MS = 20_000;

/** Where the built programs are; `make test` says so, a developer's debug build is the default. */
export function programPath(name: string): string {
  const folder = process.env["MADANG_BIN_DIR"];
  if (name === "madang" && process.env["MADANG_BIN"]) return process.env["MADANG_BIN"];
  const root = fileURLToPath(new URL("../../../target/debug/", import.meta.url));
  return `${folder ? `${folder}/` : root}${name}`;
}

/** A running program. */
export interface Program {
  /** The address it printed. */
  readonly url: string;
  /** Everything it wrote, for failures. */
  output(): string;
  /** Ends it with a signal and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a program and waits for the first line with an http address. */
export async function start(name: string, args: string[], env: Record<string, string>): Promise<Program> {
  const child: ChildProcess = spawn(programPath(name), args, {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} was not ready:\n${text}`)), READY_MS);
    const take = (chunk: Buffer) => {
      text += chunk.toString();
      const found = /https?:\/\/[\d.:[\]a-z]+/.exec(text);
      if (found && text.includes("\n", found.index)) {
        clearTimeout(timer);
        resolve(found[0]);
      }
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}:\n${text}`)));
  });
  return {
    url,
    output: () => text,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const gone = once(child, "exit");
      child.kill(signal);
      const [code] = (await gone) as [number | null];
      return code;
    },
  };
}
