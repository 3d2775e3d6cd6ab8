/** A real identity provider on loopback, the one that the accounts crate is tested against; it always signs in Mina. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../../crates/madang-accounts/tests/oidc", import.meta.url));

/** A running provider. */
export interface IdentityProvider {
  readonly issuer: string;
  end(): Promise<void>;
}

/** Starts it; `redirect` is where it may send browsers. */
export async function startIdentityProvider(redirect: string): Promise<IdentityProvider> {
  if (!existsSync(`${FOLDER}/node_modules/oidc-provider`)) {
    throw new Error("the identity provider is not installed: run `make setup`");
  }
  const child: ChildProcess = spawn("node", ["provider.mjs", redirect], {
    cwd: FOLDER,
    stdio: ["pipe", "pipe", "inherit"],
  });
  if (!child.stdout) throw new Error("the identity provider says nothing");
  const [issuer] = (await once(createInterface(child.stdout), "line")) as [string];
  return {
    issuer,
    async end() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
