/** A field as high as its text. Where the browser can do that (`field-sizing`), it does. */
import { type RefObject, useLayoutEffect } from "react";

export function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (!element || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    // Read with the text that is in it now.
    element.style.height = text === "" ? "" : `${element.scrollHeight}px`;
  }, [field, text]);
}
