import type { EventType, Handler } from "@madang/client";
import { useEffect, useRef } from "react";
import { useClient } from "./useClient.js";

/** Hears one type of event while the component is mounted; always calls the newest `handler`. */
export function useEvent<T extends EventType>(type: T, handler: Handler<T>): void {
  const client = useClient();
  const newest = useRef(handler);
  useEffect(() => {
    newest.current = handler;
  });
  useEffect(() => client.on(type, (data, envelope) => newest.current(data, envelope)), [client, type]);
}
