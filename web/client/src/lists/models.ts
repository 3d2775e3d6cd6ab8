import type { ModelInfo } from "@madang/protocol";
import type { StoreHost } from "../session/host.js";
import { type LoadingSnapshot, LoadingStore } from "./loading.js";

/** The models as they are shown. */
export interface ModelsSnapshot extends LoadingSnapshot {
  /** Newest first. */
  readonly models: readonly ModelInfo[];
  /** The id of the one used when none is chosen; empty while unknown. */
  readonly defaultModel: string;
  /** True when the simulated model answers, whatever is chosen. */
  readonly simulated: boolean;
}

const EMPTY: ModelsSnapshot = { status: "idle", models: [], defaultModel: "", simulated: false, error: null };

/** The models one may choose. */
export class ModelsStore extends LoadingStore<ModelsSnapshot> {
  constructor(host: StoreHost) {
    super(EMPTY, host, "models listener");
  }

  protected override async fetch(): Promise<Partial<ModelsSnapshot>> {
    const {
      models,
      default: defaultModel,
      simulated,
    } = await this.host.send("list_models", {}, { onLoss: "fail" });
    return { models, defaultModel, simulated };
  }
}
