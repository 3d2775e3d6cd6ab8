import { cleanup, render, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { DataTable } from "../src/admin/DataTable.js";

afterEach(cleanup);

const ROWS = [
  { id: "a", name: "Minji", address: "192.0.2.1" },
  { id: "b", name: "Jun", address: "" },
];

function draw(rows = ROWS) {
  return render(
    <DataTable
      label="People"
      rows={rows}
      keyOf={(row) => row.id}
      empty="Nobody."
      columns={[
        { title: "Name", cell: (row) => row.name, long: true, narrow: "head" },
        { title: "Address", cell: (row) => row.address },
      ]}
    />,
  );
}

describe("a table of an administrator's page", () => {
  it("says every role itself, so that it is a table also where its rows are drawn as blocks", () => {
    draw();
    const table = screen.getByRole("table", { name: "People" });
    for (const [selector, role] of [
      ["table", "table"],
      ["thead", "rowgroup"],
      ["tbody", "rowgroup"],
      ["tr", "row"],
      ["th", "columnheader"],
      ["td", "cell"],
    ]) {
      for (const each of table.parentElement?.querySelectorAll(selector ?? "") ?? []) {
        expect(each.getAttribute("role")).toBe(role);
      }
    }
    expect(within(table).getAllByRole("row")).toHaveLength(3);
  });

  it("names each line of an entry, and hides one that says nothing without taking the cell away", () => {
    draw();
    const cells = screen.getAllByRole("cell");
    expect(cells.map((cell) => cell.dataset["title"])).toEqual(["Name", "Address", "Name", "Address"]);
    expect(cells.map((cell) => cell.classList.contains("nothing"))).toEqual([false, false, false, true]);
    expect(cells[0]?.classList.contains("narrow-head")).toBe(true);
  });

  it("is no place to stop at while nothing scrolls, and no table without entries", () => {
    const { container, unmount } = draw();
    expect(container.querySelector("[tabindex]")).toBeNull();
    unmount();
    draw([]);
    expect(screen.queryByRole("table")).toBeNull();
    expect(screen.getByText("Nobody.")).toBeTruthy();
  });
});
