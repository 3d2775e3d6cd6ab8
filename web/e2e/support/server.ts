/** The real server on a fresh data directory and a fixed port, so that clients find it again after a restart. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Program, programPath, start } from "./program.js";

/** Time-outs shortened, so that tests need not wait; see docs/configuration.md. */
const QUICK = (gateway: string) => `
[gateway]
drain_window_ms = 100
drain_ms = 300
${gateway}
[model]
simulated_first_piece_ms = 20
`;

/** A port nobody uses now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** What a test may set. */
export interface ServerOptions {
  /** Where the stand-in of the Messages API is; without, the simulated model answers. */
  readonly upstream?: string;
  /** Lines added to the configuration, after the quick time-outs. */
  readonly config?: string;
  /** Lines added to the section of the edge. */
  readonly gateway?: string;
  /** Whether guests may enter; they may unless this is false. */
  readonly guests?: boolean;
  /** Its port, where somebody has to know it before it runs; a free one without. */
  readonly port?: number;
  /** The model used when none is chosen. */
  readonly model?: string;
}

/** A server that can be killed and started again on the same data. */
export class Server {
  private program: Program | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly options: ServerOptions,
  ) {}

  /** Starts a server. */
  static async start(options: ServerOptions = {}): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), "madang-e2e-"));
    const server = new Server(folder, options.port ?? (await freePort()), options);
    writeFileSync(join(folder, "madang.toml"), `${QUICK(options.gateway ?? "")}${options.config ?? ""}`);
    await server.up();
    return server;
  }

  /** Its address for people. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Its address for version-1 clients. */
  get socketUrl(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** Starts it (again). */
  async up(): Promise<void> {
    const { upstream, model } = this.options;
    const env: Record<string, string> = {};
    if (upstream) Object.assign(env, { ANTHROPIC_API_KEY: "made-up-key", ANTHROPIC_BASE_URL: upstream });
    if (model) env["MADANG_MODEL"] = model;
    const args = ["serve", `--guests=${this.options.guests ?? true}`, "--listen", `127.0.0.1:${this.port}`];
    args.push("--data-dir", join(this.folder, "data"), "--config", join(this.folder, "madang.toml"));
    this.program = await start("madang", args, env);
  }

  /** The link by which the first administrator makes an account, as the server wrote it down. */
  bootstrapLink(): string {
    const text = readFileSync(join(this.folder, "data", "bootstrap"), "utf8").trim();
    const token = /#(\S+)/.exec(text)?.[1];
    if (!token) throw new Error("the bootstrap file holds no link");
    return `${this.url}/bootstrap#${token}`;
  }

  /** Makes an account from the command line, while the server runs. */
  addUser(name: string, displayName: string, password: string): void {
    const args = ["user", "add", name, "--display-name", displayName];
    args.push("--data-dir", join(this.folder, "data"), "--config", join(this.folder, "madang.toml"));
    execFileSync(programPath("madang"), args, { input: `${password}\n` });
  }

  /** Kills it without a word. */
  async kill(): Promise<void> {
    await this.program?.end("SIGKILL");
  }

  /** Ends it in order; gives the exit code. */
  async drain(): Promise<number | null | undefined> {
    return this.program?.end("SIGTERM");
  }

  /** Kills it and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The stand-in of the Messages API. */
export async function startUpstream(): Promise<Program> {
  return start("sim-upstream", ["--listen", "127.0.0.1:0"], {});
}
