import type { Readable } from "@madang/client";
import { useCallback, useSyncExternalStore } from "react";

/** Reads one part of a store; renders again only when that part is another object. `select` must not make new ones. */
export function useReadable<T, U = T>(source: Readable<T>, select: (state: T) => U): U {
  const subscribe = useCallback((listener: () => void) => source.subscribe(listener), [source]);
  const snapshot = () => select(source.getSnapshot());
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}
