import { describe, expect, it } from "vitest";
import { surfaceOf } from "./support/surface.js";

describe("surface", () => {
  it("what the package offers is what api-surface.d.ts says", async () => {
    const folder = new URL("..", import.meta.url).pathname;
    await expect(surfaceOf(folder)).toMatchFileSnapshot("../api-surface.d.ts");
  });
});
