import type { ModelsSnapshot } from "@madang/client";
import { useClient } from "./useClient.js";
import { useReadable } from "./useReadable.js";

/** The models one may choose. */
export function useModels(): ModelsSnapshot {
  return useReadable(useClient().models, all);
}

function all(state: ModelsSnapshot): ModelsSnapshot {
  return state;
}
